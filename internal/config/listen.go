package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// address is one that is listened at, by the name of its setting.
type address struct{ name, text string }

// addresses lists those that are set, that of all faces first.
func (c *Config) addresses() []address {
	list := []address{{"listen", c.Listen}}
	for _, own := range []address{
		{"modelhunter-listen", c.ModelHunter.Listen}, {"modelslab-listen", c.ModelsLab.Listen}, {"muapi-listen", c.Muapi.Listen},
	} {
		if own.text != "" {
			list = append(list, own)
		}
	}
	return list
}

func (c *Config) checkAddresses() error {
	if c.DevListenAny && !c.Dev {
		return errors.New("dev-listen-any has a meaning only together with dev: leave it out or add dev")
	}
	names := map[string]string{}
	for _, a := range c.addresses() {
		if err := c.checkAddress(a); err != nil {
			return err
		}
		_, port, _ := net.SplitHostPort(a.text)
		if first, taken := names[a.text]; taken && port != "0" {
			return fmt.Errorf("%s and %s are both %s: give each a port of its own", first, a.name, a.text)
		}
		names[a.text] = a.name
	}
	return nil
}

func (c *Config) checkAddress(a address) error {
	host, port, err := net.SplitHostPort(a.text)
	if err != nil {
		return fmt.Errorf("%s %q is not an address with a port; write it like 127.0.0.1:8080", a.name, a.text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("%s %q: the port is not a number from 0 to 65535", a.name, a.text)
	}
	if c.Dev && !isLoopback(host) && !c.DevListenAny {
		return fmt.Errorf("dev lets everybody with a key make this machine call any private address, so it goes with a loopback address only: "+
			"leave dev out, set %s to 127.0.0.1:%s, or add dev-listen-any if the network around is yours alone", a.name, port)
	}
	if c.PublicURL == "" && !c.Dev {
		return c.checkLinks(a, host)
	}
	return nil
}

// checkLinks refuses an address whose clients could not follow links, which are
// derived from listen where no URL is set.
func (c *Config) checkLinks(a address, host string) error {
	if a.name == "listen" {
		if isUnspecified(host) {
			return fmt.Errorf("listen %q is every address of this machine, so links can't be derived from it: set public-url to the URL that clients use", a.text)
		}
		return nil
	}
	if base, _, _ := net.SplitHostPort(c.Listen); isLoopback(base) && !isLoopback(host) {
		return fmt.Errorf("%s %q is reached from other machines, but links would start with http://%s, which is not: set public-url to the URL that clients use",
			a.name, a.text, c.Listen)
	}
	return nil
}

// checkHosts refuses a host name of two faces, under which only one could answer.
func (c *Config) checkHosts() error {
	names := map[string]string{}
	for _, of := range []struct {
		name  string
		hosts []string
	}{
		{"modelhunter-hosts", c.ModelHunter.Hosts}, {"modelslab-hosts", c.ModelsLab.Hosts}, {"muapi-hosts", c.Muapi.Hosts},
	} {
		for _, host := range of.hosts {
			host = strings.ToLower(host)
			if first, taken := names[host]; taken && first != of.name {
				return fmt.Errorf("%s and %s both have %s: give each API host names of its own", first, of.name, host)
			}
			names[host] = of.name
		}
	}
	return nil
}

// BaseURL returns the URL that links start with, without a slash at its end:
// PublicURL, else one derived from the address that is listened at, which is
// Listen with the port really taken.
func (c *Config) BaseURL(addr string) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return LocalURL(addr)
}

// LocalURL returns the URL by which this machine reaches an address that is listened
// at.
func LocalURL(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && isUnspecified(host) {
		addr = net.JoinHostPort("localhost", port)
	}
	return "http://" + addr
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func isUnspecified(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}
