package bridge

import (
	"context"

	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/audit"
	"passerelle/portal/say"
)

// Audit is where administrators' actions are written down.
type Audit interface {
	// Append writes an action down. An error is transient, and means that the action may not be there: it is not done then.
	Append(ctx context.Context, a audit.Action) error
}

// audits tells whether it is written down that a person wrote a command: all that only administrators may do, whoever tries,
// and all that administrators do but ask how things are.
func audits(ce *commands.Event, command *commands.FullHandler) bool {
	if command.Name == commandAdmin { // the desk writes that down
		return false
	}
	return command.RequiresAdmin || ce.User.Permissions.Admin && command.Help.Section != commands.HelpSectionGeneral
}

// audit writes down that a person wrote a command, and tells whether it may be done. What the person wrote behind it is not
// written down: names and numbers may stand there.
func (n *network) audit(ce *commands.Event, command *commands.FullHandler, result audit.Result) (written bool) {
	if n.host.options.Audit == nil || !audits(ce, command) {
		return true
	}
	action := audit.Action{Actor: string(ce.User.MXID), Action: "command." + command.Name, Network: n.Name, Result: result, Door: audit.DoorCommands}
	if ce.Portal != nil {
		action.Portal = string(ce.Portal.ID)
	}
	if err := n.host.options.Audit.Append(ce.Ctx, action); err != nil {
		ce.Log.Err(err).Str("command", command.Name).Msg("A command is not run, since it could not be written into the audit log")
		n.answer(ce, say.CommandFailed)
		return false
	}
	return true
}
