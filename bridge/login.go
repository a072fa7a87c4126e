package bridge

import (
	"context"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/skip2/go-qrcode"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// LoginDescriber is a connector that describes its ways to log in in a person's language.
type LoginDescriber interface {
	LoginFlowsIn(in say.Language) []bridgev2.LoginFlow
}

// conversation is a login that a person goes through in a room with the bot: step by step, as the connector asks. Unlike the
// library's (bridgev2/commands/login.go) it speaks the person's language, and only where nobody else sees the codes.
type conversation struct {
	network *network
	process bridgev2.LoginProcess
	state   *commands.CommandState // what the person is in the middle of; another one: they cancelled it
	shown   id.EventID             // the code that is shown

	fields  []bridgev2.LoginInputDataField // what is still asked for
	answers map[string]string
}

// logIn begins a login.
func (n *network) logIn(ce *commands.Event) {
	flow, refusal := n.mayLogIn(ce)
	if refusal != "" {
		ce.ReplyAdvanced(refusal, true, false)
		return
	}
	process, err := ce.Bridge.Network.CreateLogin(ce.Ctx, ce.User, flow)
	if err != nil {
		n.loginFailed(ce, err)
		return
	}
	c := &conversation{network: n, process: process, state: &commands.CommandState{Action: stateLogin, Cancel: process.Cancel}}
	if before := commands.SwapCommandState(ce.User, c.state); before != nil { // two at the same moment
		commands.StoreCommandState(ce.User, before)
		process.Cancel()
		n.answer(ce, say.LoginUnderWay)
		return
	}
	step, err := process.Start(ce.Ctx)
	c.goOn(ce, step, err)
}

// stateLogin is the action of a login in what a person is in the middle of.
const stateLogin = "login"

// mayLogIn chooses the way to log in. refusal is what the person reads when none can begin.
func (n *network) mayLogIn(ce *commands.Event) (flow, refusal string) {
	in := n.host.languages.Of(ce.User.MXID)
	switch {
	case ce.User.HasTooManyLogins():
		return "", in.Say(say.TooManyLogins, ce.User.Permissions.MaxLogins)
	case commands.LoadCommandState(ce.User) != nil:
		return "", in.Say(say.LoginUnderWay)
	case !n.alone(ce):
		return "", in.Say(say.OthersReadLogin, n.title())
	}
	flows := ce.Bridge.Network.GetLoginFlows()
	if describer, ok := ce.Bridge.Network.(LoginDescriber); ok {
		flows = describer.LoginFlowsIn(in)
	}
	asked := strings.ToLower(strings.Join(ce.Args, " "))
	if asked == "" && len(flows) == 1 {
		return flows[0].ID, ""
	}
	if slices.ContainsFunc(flows, func(f bridgev2.LoginFlow) bool { return f.ID == asked }) {
		return asked, ""
	}
	lines := []string{in.Say(say.ChooseLogin)}
	for _, f := range flows {
		lines = append(lines, fmt.Sprintf("`%s` – %s", n.written(ce, "login "+f.ID), f.Description))
	}
	return "", strings.Join(lines, "\n")
}

// alone tells whether nobody but the person reads what the bot writes in a room. What cannot be known is no.
func (n *network) alone(ce *commands.Event) bool {
	members, err := ce.Bridge.Matrix.GetMembers(ce.Ctx, ce.OrigRoomID)
	if err != nil {
		ce.Log.Err(err).Msg("A room's members could not be looked up")
		return false
	}
	for member, is := range members {
		if member != ce.User.MXID && !n.matrix().isOurs(member) && is.Membership.IsInviteOrJoin() {
			return false
		}
	}
	return true
}

// goOn goes through a login's steps until one waits for the person's words, or the login ends.
func (c *conversation) goOn(ce *commands.Event, step *bridgev2.LoginStep, err error) {
	for err == nil && (!c.cancelled(ce) || step.Type == bridgev2.LoginStepTypeComplete) {
		if step.Instructions != "" {
			ce.ReplyAdvanced(step.Instructions, false, false)
		}
		switch step.Type {
		case bridgev2.LoginStepTypeComplete:
			c.end(ce)
			return
		case bridgev2.LoginStepTypeUserInput:
			c.fields, c.answers = step.UserInputParams.Fields, map[string]string{}
			c.ask(ce)
			return
		case bridgev2.LoginStepTypeDisplayAndWait:
			step, err = c.show(ce, step)
		default:
			err = fmt.Errorf("the bot cannot go through a step of the type %s", step.Type)
		}
	}
	c.process.Cancel()
	if !c.cancelled(ce) { // who cancels is answered there
		c.network.loginFailed(ce, err)
	}
	c.end(ce)
}

// cancelled tells whether the person has cancelled the login.
func (c *conversation) cancelled(ce *commands.Event) bool {
	return commands.LoadCommandState(ce.User) != c.state
}

// becomes notes what the person is in the middle of.
func (c *conversation) becomes(ce *commands.Event, state *commands.CommandState) {
	if !c.cancelled(ce) {
		c.state = state
		commands.StoreCommandState(ce.User, state)
	}
}

// end ends the login in the room.
func (c *conversation) end(ce *commands.Event) {
	c.takeBack(ce)
	c.becomes(ce, nil)
}

// show shows a code and waits for what becomes of it.
func (c *conversation) show(ce *commands.Event, step *bridgev2.LoginStep) (next *bridgev2.LoginStep, err error) {
	process, ok := c.process.(bridgev2.LoginProcessDisplayAndWait)
	if !ok {
		return nil, fmt.Errorf("a %T shows a code", c.process)
	}
	ctx, cancel := context.WithCancel(ce.Ctx)
	defer cancel()
	c.becomes(ce, &commands.CommandState{Action: stateLogin, Cancel: cancel})
	if err := c.display(ce, step); err != nil {
		return nil, err
	}
	next, err = process.Wait(ctx)
	if err != nil || next.StepID != step.StepID { // otherwise another code takes its place
		c.takeBack(ce)
	}
	return next, err
}

// display shows what a step shows: a picture of a QR code, or a code to type.
func (c *conversation) display(ce *commands.Event, step *bridgev2.LoginStep) error {
	code := step.DisplayAndWaitParams.Data
	switch step.DisplayAndWaitParams.Type {
	case bridgev2.LoginDisplayTypeNothing:
		return nil
	case bridgev2.LoginDisplayTypeQR:
		return c.displayQR(ce, code)
	}
	c.shown = ce.ReplyAdvanced("<code>"+html.EscapeString(code)+"</code>", false, true)
	return nil
}

// qrSize is the width and height of a QR code's picture, in pixels.
const qrSize = 512

// displayQR shows a QR code, in the place of the one before.
func (c *conversation) displayQR(ce *commands.Event, code string) error {
	picture, err := qrcode.Encode(code, qrcode.Low, qrSize)
	if err != nil {
		return fmt.Errorf("draw a QR code: %w", err)
	}
	address, file, err := ce.Bot.UploadMedia(ce.Ctx, ce.OrigRoomID, picture, "qr.png", "image/png")
	if err != nil {
		return fmt.Errorf("upload a QR code: %w", err)
	}
	content := &event.MessageEventContent{
		MsgType: event.MsgImage, FileName: "qr.png", URL: address, File: file,
		// The code itself, for apps that show no pictures.
		Body: code, Format: event.FormatHTML, FormattedBody: "<pre><code>" + html.EscapeString(code) + "</code></pre>",
		Info: &event.FileInfo{MimeType: "image/png", Width: qrSize, Height: qrSize, Size: len(picture)},
	}
	if c.shown != "" {
		content.SetEdit(c.shown)
	}
	sent, err := ce.Bot.SendMessage(ce.Ctx, ce.OrigRoomID, event.EventMessage, &event.Content{Parsed: content}, nil)
	if err != nil {
		return fmt.Errorf("send a QR code: %w", err)
	}
	if c.shown == "" {
		c.shown = sent.EventID
	}
	return nil
}

// takeBack removes the code that is shown: it is of no use any more.
func (c *conversation) takeBack(ce *commands.Event) {
	if c.shown == "" {
		return
	}
	shown := c.shown
	c.shown = ""
	_, err := ce.Bot.SendMessage(context.WithoutCancel(ce.Ctx), ce.OrigRoomID, event.EventRedaction,
		&event.Content{Parsed: &event.RedactionEventContent{Redacts: shown}}, nil)
	if err != nil {
		ce.Log.Warn().Err(err).Stringer("event", shown).Msg("A code that is of no use any more is still shown")
	}
}

// ask asks for the next thing that the network wants to know.
func (c *conversation) ask(ce *commands.Event) {
	field := c.fields[0]
	lines := []string{c.network.sayTo(ce.User.MXID, say.PleaseEnter, field.Name)}
	if field.Description != "" {
		lines = append(lines, field.Description)
	}
	if len(field.Options) > 0 {
		lines = append(lines, strings.Join(field.Options, ", "))
	}
	ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
	c.becomes(ce, &commands.CommandState{Action: stateLogin, Cancel: c.process.Cancel, Next: commands.MinimalCommandHandlerFunc(c.hear)})
}

// hear takes a person's answer.
func (c *conversation) hear(ce *commands.Event) {
	field := c.fields[0]
	if field.Type == bridgev2.LoginInputFieldTypePassword || field.Type == bridgev2.LoginInputFieldTypeToken {
		c.network.redactSecret(ce)
	}
	told := field.Validate != nil // the connector's words
	field.FillDefaultValidate()
	answer, err := field.Validate(strings.TrimSpace(ce.RawArgs))
	switch {
	case err != nil && told:
		ce.ReplyAdvanced(err.Error(), false, false)
		return
	case err != nil:
		c.network.answer(ce, say.NotAccepted, field.Name)
		return
	}
	c.answers[field.ID] = answer
	if c.fields = c.fields[1:]; len(c.fields) > 0 {
		c.ask(ce)
		return
	}
	process, ok := c.process.(bridgev2.LoginProcessUserInput)
	if !ok {
		c.goOn(ce, nil, fmt.Errorf("a %T asks for words", c.process))
		return
	}
	c.becomes(ce, &commands.CommandState{Action: stateLogin, Cancel: c.process.Cancel})
	step, err := process.SubmitUserInput(ce.Ctx, c.answers)
	c.goOn(ce, step, err)
}

// redactSecret deletes a person's message that holds a secret, or asks them to.
func (n *network) redactSecret(ce *commands.Event) {
	_, err := ce.Bot.SendMessage(ce.Ctx, ce.OrigRoomID, event.EventRedaction,
		&event.Content{Parsed: &event.RedactionEventContent{Redacts: ce.EventID}}, nil)
	if err != nil {
		ce.Log.Warn().Err(err).Msg("A message with a secret could not be deleted")
		n.answer(ce, say.DeleteSecret)
	}
}

// loginFailed says why a login did not come about: in the connector's words, when it has some.
func (n *network) loginFailed(ce *commands.Event, err error) {
	var sentence bridgev2.RespError
	if errors.As(err, &sentence) {
		ce.ReplyAdvanced(sentence.Err, false, false)
		return
	}
	ce.Log.Err(err).Msg("A login failed")
	n.answer(ce, say.LinkFailed, n.title())
}

// cancel ends what a person is in the middle of.
func (n *network) cancel(ce *commands.Event) {
	state := commands.SwapCommandState(ce.User, nil)
	if state == nil {
		n.answer(ce, say.NothingToCancel)
		return
	}
	if state.Cancel != nil {
		state.Cancel()
	}
	n.answer(ce, say.LoginCancelled)
}
