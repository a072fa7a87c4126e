package bridge

import (
	"fmt"
	"regexp"

	"go.mau.fi/util/random"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
)

// EncryptionMode is a way for the bridge to get a device of its own and its room keys.
type EncryptionMode string

// The modes. Config and registration must agree: with io.element.msc4190 in a registration Synapse refuses the appservice
// login, and without it it refuses to make the device.
const (
	ModeDevice       EncryptionMode = "device"       // MSC4190, keys over /sync
	ModeLogin        EncryptionMode = "login"        // appservice login, keys over /sync
	ModeTransactions EncryptionMode = "transactions" // MSC4190, keys in the transactions (MSC2409, MSC3202)
)

// Encryption is how the bridge takes part in encrypted rooms.
type Encryption struct {
	Mode      EncryptionMode
	PickleKey string // encrypts the bridge's own keys in its databases
}

// Identity is what a network's registration at the homeserver says.
type Identity struct {
	Network string
	Domain  string // of the homeserver's users
	Address string // URL of the bridge, as the homeserver writes it
	ASToken string
	HSToken string
}

// appserviceConfig is the identity in bridgev2's words.
func (i Identity) appserviceConfig() bridgeconfig.AppserviceConfig {
	return bridgeconfig.AppserviceConfig{
		ID:               "passerelle-" + i.Network,
		Address:          i.Address + "/" + i.Network,
		Bot:              bridgeconfig.BotUserConfig{Username: i.Network + "bot"},
		ASToken:          i.ASToken,
		HSToken:          i.HSToken,
		EphemeralEvents:  true,
		UsernameTemplate: i.Network + "_{{.}}",
		NoServer:         true,
	}
}

// Registration returns the network's registration (Matrix Application Service API, "Registration"): its bot and its ghosts
// are its own, and the mode's flags are set.
func (i Identity) Registration(mode EncryptionMode) *appservice.Registration {
	quiet := false
	reg := &appservice.Registration{
		ID:       "passerelle-" + i.Network,
		URL:      i.Address + "/" + i.Network,
		AppToken: i.ASToken, ServerToken: i.HSToken,
		// The sender is nobody: the bot is a user of the namespace, so that it can have an encryption device.
		SenderLocalpart:     random.String(32),
		RateLimited:         &quiet,
		EphemeralEvents:     true,
		SoruEphemeralEvents: true,
		MSC4190:             mode != ModeLogin,
		MSC3202:             mode == ModeTransactions,
	}
	domain := regexp.QuoteMeta(i.Domain)
	for _, localpart := range []string{i.Network + "bot", i.Network + "_.*"} {
		reg.Namespaces.UserIDs.Register(regexp.MustCompile(fmt.Sprintf("^@%s:%s$", localpart, domain)), true)
	}
	return reg
}

// DoublePuppetRegistration returns the registration that lets the bridge act as the domain's own users. Its empty url
// keeps their events away from the bridge.
func DoublePuppetRegistration(domain, asToken, hsToken string) *appservice.Registration {
	quiet := false
	reg := &appservice.Registration{
		ID: "passerelle-doublepuppet", AppToken: asToken, ServerToken: hsToken,
		SenderLocalpart: random.String(32), RateLimited: &quiet,
	}
	reg.Namespaces.UserIDs.Register(regexp.MustCompile(fmt.Sprintf("^@.*:%s$", regexp.QuoteMeta(domain))), false)
	return reg
}
