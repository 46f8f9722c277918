//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/config"
)

type accountCommand struct {
	List      accountListCommand      `cmd:"" help:"List all accounts and their money, oldest first."`
	Credit    accountCreditCommand    `cmd:"" help:"Give an account credit, which makes it prepaid: it spends no more than it has."`
	Unlimited accountUnlimitedCommand `cmd:"" help:"Let an account spend without limit again."`
	Bucket    accountBucketCommand    `cmd:"" help:"Where the results of an account are copied to, besides being kept here."`
	Audit     accountAuditCommand     `cmd:"" help:"Add up the ledger of every account; the exit status is 1 unless each balance is right."`
}

// shownAccount is an account as the commands print it, with amounts in USD.
type shownAccount struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	Mode      string     `json:"billing_mode"`
	Available shownMoney `json:"available"`
	Held      shownMoney `json:"held"`
}

func showAccount(a taskhook.Account) shownAccount {
	mode := "postpaid"
	if a.Prepaid {
		mode = "prepaid"
	}
	return shownAccount{a.ID, a.Name, a.CreatedAt.UTC(), mode, shownMoney(a.Available), shownMoney(a.Held)}
}

// shownMoney is a number of USD in JSON.
type shownMoney taskhook.Money

func (m shownMoney) String() string { return taskhook.Money(m).String() }

// MarshalJSON writes all decimals that there are.
func (m shownMoney) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

type accountListCommand struct {
	config.Location
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the accounts.
func (a *accountListCommand) Run(ctx context.Context, c *console) error {
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		found, err := accounts.Accounts(ctx)
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		shown := make([]shownAccount, len(found))
		for i, one := range found {
			shown[i] = showAccount(one)
		}
		if a.JSON {
			return printJSON(c.stdout, shown)
		}
		return printAccounts(c.stdout, shown)
	})
}

// onData does something with the accounts of a data directory that holds some.
func onData(ctx context.Context, c *console, at config.Location, do func(*account.Service) error) error {
	cfg, err := c.load(config.Config{Location: at})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg, false, do)
}

func printAccounts(w io.Writer, accounts []shownAccount) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tCREATED\tMODE\tAVAILABLE\tHELD")
	for _, a := range accounts {
		fmt.Fprintf(table, "%s\t%q\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.CreatedAt.Format(time.DateOnly), a.Mode, a.Available, a.Held)
	}
	return table.Flush()
}

type accountCreditCommand struct {
	config.Location
	Name   string `arg:"" help:"Name of the account, as account list shows it."`
	Amount string `arg:"" help:"USD, such as 20 or 12.50. To take some back, write -- NAME -5."`
}

// Run enters the credit.
func (a *accountCreditCommand) Run(ctx context.Context, c *console) error {
	amount, err := taskhook.ParseMoney(a.Amount)
	if err != nil {
		return usageError{fmt.Errorf("the amount %w", err)}
	}
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		b, err := accounts.Credit(ctx, time.Now(), a.Name, amount)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "%q is prepaid and has %s USD available, %s USD held for unfinished tasks\n", a.Name, b.Available, b.Held)
		return err
	})
}

type accountUnlimitedCommand struct {
	config.Location
	Name string `arg:"" help:"Name of the account, as account list shows it."`
}

// Run takes the limit away.
func (a *accountUnlimitedCommand) Run(ctx context.Context, c *console) error {
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		if err := accounts.Unlimit(ctx, a.Name); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stdout, "%q may spend without limit\n", a.Name)
		return err
	})
}

type accountAuditCommand struct {
	config.Location
	JSON bool `name:"json" help:"Print JSON."`
}

// shownAudit is an account with the sums of its ledger.
type shownAudit struct {
	shownAccount
	Sums     map[taskhook.EntryKind]shownMoney `json:"sums"`
	Balanced bool                              `json:"balanced"`
}

// Run adds up the ledger.
func (a *accountAuditCommand) Run(ctx context.Context, c *console) error {
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		audits, err := accounts.Audit(ctx)
		if err != nil {
			return fmt.Errorf("add up the ledger: %w", err)
		}
		shown, wrong := make([]shownAudit, len(audits)), false
		for i, one := range audits {
			shown[i] = shownAudit{showAccount(one.Account), map[taskhook.EntryKind]shownMoney{}, one.Balanced()}
			for kind, sum := range one.Sums {
				shown[i].Sums[kind] = shownMoney(sum)
			}
			wrong = wrong || !shown[i].Balanced
		}
		if a.JSON {
			err = printJSON(c.stdout, shown)
		} else {
			err = printAudits(c.stdout, shown)
		}
		if err == nil && wrong {
			err = errors.New("a balance is not what the ledger says: the database was changed by something else than taskhook, or there is a fault in it")
		}
		return err
	})
}

func printAudits(w io.Writer, audits []shownAudit) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tCREDIT\tINVOICED\tCHARGED\tREFUNDED\tHELD\tAVAILABLE\tBALANCED")
	for _, a := range audits {
		balanced := "yes"
		if !a.Balanced {
			balanced = "NO"
		}
		fmt.Fprintf(table, "%s\t%q\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.Sums[taskhook.EntryCredit], a.Sums[taskhook.EntryInvoice],
			a.Sums[taskhook.EntryCharge], a.Sums[taskhook.EntryRefund], a.Held, a.Available, balanced)
	}
	return table.Flush()
}
