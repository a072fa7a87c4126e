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

	"passerelle/portal/say"
)

// Finding is what became of one part of a check.
type Finding struct {
	Subject say.Phrase
	Result  Result
	Detail  say.Phrase // what was seen
	Remedy  say.Phrase // what to do about it; says nothing where nothing has to be done
}

// Result is how a part of a check ended, and so how severe a finding is.
type Result string

// The results of a check's parts.
const (
	OK       Result = "ok"
	Untested Result = "not tested" // it cannot be told from here
	Warning  Result = "warning"    // it works, and should be otherwise
	Failed   Result = "failed"
)

// Word is what the result is called.
func (r Result) Word() say.Sentence {
	switch r {
	case OK:
		return say.CheckOK
	case Untested:
		return say.CheckUntested
	case Warning:
		return say.CheckWarning
	}
	return say.CheckFailed
}

// The keys of the configuration, and of a registration, that remedies name.
const (
	keyHomeserver = "homeserver.address"
	keyAdminToken = "homeserver.admin_token"
	keyDomain     = "homeserver.domain"
	keyListen     = "bridge.listen"
	keyAddress    = "bridge.address"
	keyMode       = "encryption.mode"
	keyMSC4190    = "`io.element.msc4190: true`"
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
	f := Finding{Subject: say.CheckServer.With(), Result: Failed, Remedy: say.CheckServerMend.With(keyHomeserver)}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := mautrix.NewClient(o.HomeserverAddress, "", "")
	if err != nil {
		f.Detail = say.CheckAnswersNot.With(o.HomeserverAddress, err)
		return nil, f
	}
	versions, err := client.Versions(ctx)
	if err != nil {
		f.Detail = say.CheckAnswersNot.With(o.HomeserverAddress, err)
		return nil, f
	}
	f.Result, f.Remedy = OK, say.Phrase{}
	f.Detail = say.CheckServerAnswers.With(o.HomeserverAddress, versions.GetLatest())
	return versions, f
}

// networkCheck checks one network's registration.
type networkCheck struct {
	options  Options
	network  Network
	versions *mautrix.RespVersions
	bot      id.UserID
}

// failed is what a part ends with that does not work.
func (c networkCheck) failed(subject, detail, remedy say.Phrase) Finding {
	return Finding{Subject: subject, Result: Failed, Detail: detail, Remedy: remedy}
}

// broken is what a part ends with that cannot even be tried.
func (c networkCheck) broken(subject say.Phrase, err error) Finding {
	return c.failed(subject, say.CheckFailsHere.With(err), say.CheckReport.With())
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
	subject := say.CheckAccess.With(c.network.Name)
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := c.client()
	if err != nil {
		return c.broken(subject, err)
	}
	client.SetAppServiceUserID = false // the bot may not be registered yet
	_, _, err = client.Register(ctx, &mautrix.ReqRegister[any]{
		Username: c.bot.Localpart(), Type: mautrix.AuthTypeAppservice, InhibitLogin: true,
	})
	switch {
	case err == nil || errors.Is(err, mautrix.MUserInUse):
		return Finding{Subject: subject, Result: OK, Detail: say.CheckAccepted.With(c.bot)}
	case errors.Is(err, mautrix.MExclusive), errors.Is(err, mautrix.MForbidden):
		return c.failed(subject, say.CheckNotCovered.With(c.bot), say.CheckCover.With(keyDomain, "`passerelle init`"))
	}
	return c.failed(subject, say.CheckNotAccepted.With(err), say.CheckList.With("app_service_config_files", "as_token"))
}

// wayBack checks that the homeserver reaches the bridge, with the token that the bridge expects.
func (c networkCheck) wayBack(ctx context.Context) Finding {
	subject := say.CheckWayBack.With(c.network.Name)
	if !c.versions.Supports(mautrix.FeatureAppservicePing) {
		return Finding{Subject: subject, Result: Untested, Detail: say.CheckNoPing.With(), Remedy: say.CheckNoPingWait.With()}
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	stop, running, err := c.answerPings(ctx)
	if err != nil {
		return c.failed(subject, say.CheckCannotListen.With(err), say.CheckListen.With(keyListen))
	}
	defer stop()
	client, err := c.client()
	if err != nil {
		return c.broken(subject, err)
	}
	if _, err := client.AppservicePing(ctx, "passerelle-"+c.network.Name, random.String(16)); err != nil {
		return c.failed(subject, say.CheckNotReached.With(c.options.Address+"/"+c.network.Name, err),
			say.CheckReach.With(keyAddress, "url", "hs_token"))
	}
	if running {
		return Finding{Subject: subject, Result: OK, Detail: say.CheckReachesRunning.With()}
	}
	return Finding{Subject: subject, Result: OK, Detail: say.CheckReaches.With(c.options.Address)}
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
	subject := say.CheckEncryption.With(c.network.Name, string(mode))
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	client, err := c.client()
	if err != nil {
		return c.broken(subject, err)
	}
	device := id.DeviceID("CHECK" + strings.ToUpper(random.String(8)))
	if mode == ModeLogin {
		err = tryLogin(ctx, client, c.bot, device)
	} else {
		err = tryDevice(ctx, client, device)
	}
	if err != nil {
		remedy, known := encryptionRemedy(err)
		if !known {
			remedy = say.CheckDeviceMode.With(keyMode, "docs/configuration.md")
		}
		return c.failed(subject, say.CheckNoDevice.With(err), remedy)
	}
	if mode == ModeTransactions {
		return Finding{Subject: subject, Result: Untested, Detail: say.CheckTransactions.With(),
			Remedy: say.CheckTransactionsWant.With("msc2409_to_device_messages_enabled", "msc3202_transaction_extensions")}
	}
	return Finding{Subject: subject, Result: OK, Detail: say.CheckDevice.With()}
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

// encryptionRemedy returns what to do about an error of the encryption's start, if that is known.
func encryptionRemedy(err error) (remedy say.Phrase, known bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "create device") || strings.Contains(text, "make a device"):
		return say.CheckDeviceAllow.With(keyMSC4190, keyMode), true
	case strings.Contains(text, "appservice login") || strings.Contains(text, "log in as"):
		return say.CheckDeviceLogin.With(keyMSC4190, keyMode, string(ModeDevice)), true
	case strings.Contains(text, "pickle") || strings.Contains(text, "unpickle"):
		return say.CheckPickle.With("encryption.pickle_key"), true
	}
	return say.Phrase{}, false
}
