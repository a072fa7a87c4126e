package telegram

import (
	"context"
	"errors"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"

	"passerelle/portal/say"
)

// flowToken is the only way to log in: with a token of BotFather's.
const flowToken = "token"

// Names of the steps, for clients that show them in their own way.
const (
	stepToken    = "passerelle.telegram.token"
	stepComplete = "passerelle.telegram.complete"

	fieldToken = "token"
)

// linkPatience is how long a login waits for the first connection.
const linkPatience = 30 * time.Second

// GetLoginFlows lists the ways to log in (see [bridgev2.NetworkConnector]).
func (c *Connector) GetLoginFlows() []bridgev2.LoginFlow {
	return c.LoginFlowsIn(c.border.Languages.Of(""))
}

// LoginFlowsIn lists the ways to log in, described in a language.
func (c *Connector) LoginFlowsIn(in say.Language) []bridgev2.LoginFlow {
	return []bridgev2.LoginFlow{{ID: flowToken, Name: "Bot", Description: in.Say(say.FlowBotKey)}}
}

// CreateLogin begins to log a user in (see [bridgev2.NetworkConnector]).
func (c *Connector) CreateLogin(_ context.Context, user *bridgev2.User, flow string) (bridgev2.LoginProcess, error) {
	if flow != flowToken {
		return nil, bridgev2.ErrInvalidLoginFlowID
	}
	return &linking{connector: c, user: user}, nil
}

// linking connects a bot for a member of staff.
type linking struct {
	connector *Connector
	user      *bridgev2.User
}

var _ bridgev2.LoginProcessUserInput = (*linking)(nil)

// Start asks for the token. Whoever asks deletes the answer, since the field is one for a token.
func (l *linking) Start(context.Context) (*bridgev2.LoginStep, error) {
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeUserInput, StepID: stepToken,
		UserInputParams: &bridgev2.LoginUserInputParams{Fields: []bridgev2.LoginInputDataField{{
			Type: bridgev2.LoginInputFieldTypeToken, ID: fieldToken, Name: l.say(say.BotKey), Description: l.say(say.AskBotKey),
			Validate: func(token string) (string, error) {
				if !tokenForm.MatchString(token) {
					return "", errors.New(l.say(say.BotKeyWrong, networkName))
				}
				return token, nil
			},
		}}},
	}, nil
}

// SubmitUserInput connects the bot that the token is of.
func (l *linking) SubmitUserInput(ctx context.Context, input map[string]string) (*bridgev2.LoginStep, error) {
	token := input[fieldToken]
	way := newAPI(l.connector.options.Server, token)
	defer way.close()
	me, err := way.getMe(ctx)
	switch {
	case isUnauthorized(err):
		return nil, l.refusal(say.BotKeyWrong, networkName)
	case err != nil:
		l.user.Log.Warn().Err(err).Msg("A bot could not be connected")
		return nil, l.refusal(say.LinkFailed, networkName)
	}
	login, err := l.login(ctx, me, token)
	if err != nil {
		return nil, err
	}
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeComplete, StepID: stepComplete,
		Instructions:   l.say(say.BotConnected, networkName, me.name(), "https://t.me/"+me.Username),
		CompleteParams: &bridgev2.LoginCompleteParams{UserLoginID: login.ID, UserLogin: login},
	}, nil
}

// login makes the login of a bot, or gives a new token to one that the person has already.
func (l *linking) login(ctx context.Context, me user, token string) (*bridgev2.UserLogin, error) {
	number := loginID(me.ID)
	kept := &LoginMetadata{Username: me.Username}
	existing, err := l.connector.bridge.GetExistingUserLoginByID(ctx, number)
	if err != nil {
		return nil, l.failed(err)
	}
	if existing != nil {
		if existing.UserMXID != l.user.MXID {
			return nil, l.refusal(say.AccountTaken, networkName)
		}
		if old, ok := existing.Client.(*account); ok {
			old.Disconnect() // before its state is taken over
			*kept = old.kept()
			kept.Username = me.Username
		}
	}
	if kept.Key, kept.Token, err = l.connector.border.Sealer.Seal([]byte(token), sealNames(number)...); err != nil {
		return nil, l.failed(err)
	}
	login, err := l.user.NewLogin(ctx, &database.UserLogin{ID: number, RemoteName: me.name(), Metadata: kept}, nil)
	if err != nil {
		return nil, l.failed(err)
	}
	a := login.Client.(*account)
	a.Connect(ctx)
	patience := time.NewTimer(linkPatience)
	defer patience.Stop()
	select {
	case <-a.settled:
	case <-patience.C: // it goes on connecting; the login's state says how that goes
	case <-ctx.Done():
	}
	return login, nil
}

// say returns a sentence in the language of the person who logs in.
func (l *linking) say(s say.Sentence, args ...any) string {
	return l.connector.sayTo(l.user.MXID, s, args...)
}

// refusal is an error that a person reads.
func (l *linking) refusal(sentence say.Sentence, args ...any) error {
	return bridgev2.RespError{ErrCode: mautrix.MUnknown.ErrCode, Err: l.say(sentence, args...), StatusCode: http.StatusBadRequest}
}

// failed logs why a login did not come about, and returns what the person reads.
func (l *linking) failed(err error) error {
	l.user.Log.Err(err).Msg("A bot could not be connected")
	return l.refusal(say.LinkFailed, networkName)
}

// Cancel ends the login. There is nothing that goes on.
func (l *linking) Cancel() {}
