package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"go.mau.fi/util/random"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// Finding is one line of a check.
type Finding struct {
	Subject string
	Result  Result
	Detail  string // what was seen, or the remedy
}

// Result is how a part of a check ended.
type Result string

// The results of a check's parts.
const (
	OK       Result = "ok"
	Failed   Result = "FAILED"
	Untested Result = "not tested" // it cannot be told from here
	Warning  Result = "warning"    // it works, and should be otherwise
)

// checkPatience bounds one question to the homeserver.
const checkPatience = 10 * time.Second

// Check tries each part that a network's bridge needs at the homeserver: that it is there, takes the tokens both ways, and
// that the encryption mode works. It changes nothing that a running bridge uses: it tries the encryption with a device of
// its own, which it removes.
func (o Options) Check(ctx context.Context, networks []Network) []Finding {
	versions, finding := o.checkHomeserver(ctx)
	findings := []Finding{finding}
	if finding.Result != OK {
		return findings
	}
	if o.AdminToken != "" && len(networks) > 0 {
		findings = append(findings, o.checkAdministration(ctx, id.NewUserID(networks[0].Name+"bot", o.Domain)))
	}
	for _, n := range networks {
		c := networkCheck{options: o, network: n, versions: versions,
			bot: id.NewUserID(n.Name+"bot", o.Domain)}
		findings = append(findings, c.token(ctx))
		if findings[len(findings)-1].Result != OK {
			continue
		}
		findings = append(findings, c.wayBack(ctx), c.encryption(ctx))
	}
	return findings
}

func (o Options) checkHomeserver(ctx context.Context) (*mautrix.RespVersions, Finding) {
	f := Finding{Subject: "homeserver"}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := mautrix.NewClient(o.HomeserverAddress, "", "")
	if err != nil {
		f.Result, f.Detail = Failed, err.Error()
		return nil, f
	}
	versions, err := client.Versions(ctx)
	if err != nil {
		f.Result, f.Detail = Failed, fmt.Sprintf("%s does not answer: %v. Check homeserver.address, and that it is running.",
			o.HomeserverAddress, err)
		return nil, f
	}
	f.Result, f.Detail = OK, fmt.Sprintf("%s answers (Matrix %s)", o.HomeserverAddress, versions.GetLatest())
	return versions, f
}

// networkCheck checks one network's registration.
type networkCheck struct {
	options  Options
	network  Network
	versions *mautrix.RespVersions
	bot      id.UserID
}

func (c networkCheck) finding(subject string, r Result, format string, args ...any) Finding {
	return Finding{Subject: c.network.Name + ": " + subject, Result: r, Detail: fmt.Sprintf(format, args...)}
}

// client returns a client that speaks as the network's bot.
func (c networkCheck) client() (*mautrix.Client, error) {
	client, err := mautrix.NewClient(c.options.HomeserverAddress, c.bot, c.network.ASToken)
	if err != nil {
		return nil, err
	}
	client.SetAppServiceUserID = true
	return client, nil
}

// token checks that the homeserver takes the bridge's token, for the bot.
func (c networkCheck) token(ctx context.Context) Finding {
	const subject = "token for the homeserver"
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := c.client()
	if err != nil {
		return c.finding(subject, Failed, "%v", err)
	}
	client.SetAppServiceUserID = false // the bot may not be registered yet
	_, _, err = client.Register(ctx, &mautrix.ReqRegister[any]{
		Username: c.bot.Localpart(), Type: mautrix.AuthTypeAppservice, InhibitLogin: true,
	})
	switch {
	case err == nil || errors.Is(err, mautrix.MUserInUse):
		return c.finding(subject, OK, "accepted, for %s", c.bot)
	case errors.Is(err, mautrix.MExclusive), errors.Is(err, mautrix.MForbidden):
		return c.finding(subject, Failed, "the registration does not cover %s: check homeserver.domain, and that the "+
			"homeserver loads the registration which `passerelle init` wrote", c.bot)
	}
	return c.finding(subject, Failed, "not accepted (%v): list the registration in app_service_config_files, restart the "+
		"homeserver, and check that as_token is the same in both files", err)
}

// wayBack checks that the homeserver reaches the bridge, with the token that the bridge expects.
func (c networkCheck) wayBack(ctx context.Context) Finding {
	const subject = "way back from the homeserver"
	if !c.versions.Supports(mautrix.FeatureAppservicePing) {
		return c.finding(subject, Untested, "this homeserver has no appservice ping (Matrix 1.7): it shows with the first "+
			"message to the bot")
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	stop, running, err := c.answerPings(ctx)
	if err != nil {
		return c.finding(subject, Failed, "%v. Check bridge.listen.", err)
	}
	defer stop()
	client, err := c.client()
	if err != nil {
		return c.finding(subject, Failed, "%v", err)
	}
	if _, err := client.AppservicePing(ctx, "passerelle-"+c.network.Name, random.String(16)); err != nil {
		return c.finding(subject, Failed, "the homeserver does not reach %s/%s, or with another token: %v. Check "+
			"bridge.address, and that url and hs_token of the registration are the ones in the configuration.",
			c.options.Address, c.network.Name, err)
	}
	if running {
		return c.finding(subject, OK, "the homeserver reaches the running bridge")
	}
	return c.finding(subject, OK, "the homeserver reaches %s", c.options.Address)
}

// answerPings answers the homeserver's pings in the bridge's place, unless a bridge is running there.
func (c networkCheck) answerPings(ctx context.Context) (stop func(), running bool, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.options.Listen)
	if err != nil {
		if conn, dialErr := new(net.Dialer).DialContext(ctx, "tcp", c.options.Listen); dialErr == nil {
			return func() {}, true, conn.Close()
		}
		return nil, false, err
	}
	server := &http.Server{ReadHeaderTimeout: checkPatience, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+c.network.HSToken {
				mautrix.MUnknownToken.WithMessage("Another hs_token than the configuration's").Write(w)
				return
			}
			json.NewEncoder(w).Encode(struct{}{}) // a homeserver that has gone away needs no answer
		})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener) // ends with stop
	}()
	return func() { server.Close(); <-served }, false, nil
}

// encryption checks that the bot can get a device of its own in the mode that is configured.
func (c networkCheck) encryption(ctx context.Context) Finding {
	mode := c.options.Encryption.Mode
	subject := fmt.Sprintf("encryption mode %s", mode)
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := c.client()
	if err != nil {
		return c.finding(subject, Failed, "%v", err)
	}
	device := id.DeviceID("CHECK" + strings.ToUpper(random.String(8)))
	if mode == ModeLogin {
		err = tryLogin(ctx, client, c.bot, device)
	} else {
		err = tryDevice(ctx, client, device)
	}
	if err != nil {
		advice := encryptionAdvice(err)
		if advice == "" {
			advice = "the homeserver gives the bot no device in this mode; see encryption.mode in docs/configuration.md"
		}
		return c.finding(subject, Failed, "%s (%v)", advice, err)
	}
	if mode == ModeTransactions {
		return c.finding(subject, Untested, "the bot gets a device; whether keys come with the transactions shows only when "+
			"the bridge runs. Synapse needs msc2409_to_device_messages_enabled and msc3202_transaction_extensions.")
	}
	return c.finding(subject, OK, "the bot gets a device")
}

func tryLogin(ctx context.Context, client *mautrix.Client, bot id.UserID, device id.DeviceID) error {
	answer, err := client.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypeAppservice, DeviceID: device, InitialDeviceDisplayName: "passerelle check",
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: bot.String()},
	})
	if err != nil {
		return fmt.Errorf("log in as the bot: %w", err)
	}
	client.AccessToken, client.SetAppServiceUserID = answer.AccessToken, false
	_, err = client.Logout(ctx)
	return err
}

func tryDevice(ctx context.Context, client *mautrix.Client, device id.DeviceID) error {
	if err := client.CreateDeviceMSC4190(ctx, device, "passerelle check"); err != nil {
		return fmt.Errorf("make a device for the bot: %w", err)
	}
	return client.DeleteDevice(ctx, device, &mautrix.ReqDeleteDevice[any]{})
}

// encryptionAdvice returns the remedy for an error of the encryption's start, or "".
func encryptionAdvice(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "create device") || strings.Contains(text, "make a device"):
		return "the homeserver does not let the bridge make its device: the registration needs `io.element.msc4190: true` " +
			"(Synapse 1.121 or later); for another homeserver set encryption.mode to login, and take that line out of the registration"
	case strings.Contains(text, "appservice login") || strings.Contains(text, "log in as"):
		return "the homeserver does not let the bridge log in: with `io.element.msc4190: true` in the registration, or with " +
			"a separate authentication service, encryption.mode must be device"
	case strings.Contains(text, "pickle") || strings.Contains(text, "unpickle"):
		return "the bridge's own keys cannot be read: encryption.pickle_key is not the one that they were written with"
	}
	return ""
}
