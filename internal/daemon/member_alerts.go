package daemon

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// mostMemberAlerts bounds --member-alerts: half of all subscriptions stay for the daemon's owner.
const mostMemberAlerts = 500

// checkMemberAlerts checks what members may subscribe to, and where they reach the daemon.
func (c *Config) checkMemberAlerts() error {
	u, err := url.Parse(c.memberURL())
	switch {
	case c.MemberAlerts < 0 || c.MemberAlerts > mostMemberAlerts:
		return fmt.Errorf("member-alerts: %d is out of range; use 0 to %d", c.MemberAlerts, mostMemberAlerts)
	case c.MemberAlerts == 0 && c.MemberURL != "":
		return errors.New("member-url: members cannot subscribe; add --member-alerts, or remove it")
	case c.MemberAlerts == 0:
		return nil
	case c.ReadOnly:
		return errors.New("member-alerts: a read-only daemon sends no alerts; set it for the daemon that writes the database, " +
			"and have the proxy send POST requests there")
	case c.API == "":
		return errors.New("member-alerts: requests come through the API; set --api to an address")
	case c.MemberURL == "":
		return errors.New("member-url: members sign it; set it to the URL by which they reach the dashboard, such as https://pools.example.org")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsAny(c.memberURL(), " \t\r\n"):
		return fmt.Errorf("member-url: %.100q is not a URL such as https://pools.example.org", c.MemberURL)
	}
	return nil
}

// memberURL returns the URL in the form in which clients sign it.
func (c *Config) memberURL() string {
	text := strings.TrimRight(strings.TrimSpace(c.MemberURL), "/")
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	u.Host = strings.ToLower(u.Host)
	return u.String()
}
