package node

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// News is where a Member learns what others did.
type News interface {
	News(ctx context.Context, now time.Time, node string, after int64) (taskhook.News, error)
	Listen(ctx context.Context, heard func()) error
}

// How often a node looks for news: at first after there were some, at most, and when
// there were none for a while. Being told only makes it look at once.
const (
	busyLook = 50 * time.Millisecond
	idleLook = time.Second
)

// Look hands news on until ctx ends.
func (m *Member) Look(ctx context.Context) error {
	if !m.Shared {
		<-ctx.Done()
		return nil
	}
	var mark int64
	var told bool
	wait, looked := busyLook, time.Now()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			wait = min(2*wait, idleLook)
		case <-m.heard:
			told = true
			timer.Reset(time.Until(looked.Add(busyLook)))
			continue
		}
		if told {
			told, wait = false, busyLook
			m.Heard(ctx)
		}
		looked = time.Now()
		if found := m.look(ctx, &mark); found {
			wait = busyLook
		}
		timer.Reset(wait)
	}
}

// look hands on what came since the mark.
func (m *Member) look(ctx context.Context, mark *int64) (found bool) {
	node := m.Lease().Node
	if node == "" {
		return false
	}
	news, err := m.News.News(ctx, m.Clock.Now(), node, *mark)
	if err != nil {
		m.complain(ctx, "look for news", err)
		return false
	}
	*mark = news.Mark
	for _, l := range news.Lanes {
		if l.Changed {
			m.Inbox.Refresh(l.Lane, true) // deliveries may have been removed as well
		}
		m.Inbox.Wake(l.Lane, false)
	}
	if news.Free {
		m.Inbox.Wake("", false)
	}
	return len(news.Lanes) > 0 || news.Free
}

// listenAgain is how long a node does without being told after it could not listen.
const listenAgain = 5 * time.Second

// Listen makes Look look at once when another node says that there are news, until
// ctx ends.
func (m *Member) Listen(ctx context.Context) error {
	for ctx.Err() == nil {
		err := m.News.Listen(ctx, func() {
			select {
			case m.heard <- struct{}{}:
			default:
			}
		})
		if err == nil || ctx.Err() != nil {
			break
		}
		m.complain(ctx, "listen for news", err)
		timer := time.NewTimer(listenAgain)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}
