package bridge

import (
	"errors"
	"fmt"

	"maunium.net/go/mautrix/bridgev2/matrix"

	"passerelle/portal/say"
)

// remedy turns an error of bridgev2's start, which is often no more than an exit code, into a sentence that helps.
func (n *network) remedy(err error) error {
	var exit matrix.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode
	}
	if code == 0 {
		if remedy, known := encryptionRemedy(err); known {
			return fmt.Errorf("%s (%w)", remedy.In(say.English), err)
		}
		return err
	}
	advice := map[int]string{
		13: fmt.Sprintf("the homeserver cannot reach the bridge at %s: check bridge.address and bridge.listen, and that the registration's url and hs_token are the ones in the configuration", n.host.options.Address),
		16: "the homeserver refuses the as_token: list the registration in app_service_config_files, restart the homeserver, and check that its tokens are the ones in the configuration",
		17: "the homeserver takes the bot for another user: check homeserver.domain",
		33: "the homeserver did not answer about the bridge's own device; start again",
		34: "the bridge's device could not be signed: the bot's cross-signing keys on the homeserver are not the ones in the database",
	}[code]
	if advice == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", advice, err)
}
