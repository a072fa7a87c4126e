package telegram

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/naming"
)

// Options is what an administrator chooses about Telegram.
type Options struct {
	// DisplayName is a Go template for the names of contacts' ghosts; .Name is the name that the contact published.
	DisplayName string `yaml:"displayname"`
	// Server is the URL of the Bot API: Telegram's own, or a server of one's own.
	Server string `yaml:"server"`
	// LocalFolder is where a server of one's own that runs with --local puts files; it lets larger ones through. Nothing is read
	// outside of it. Empty: files come from the server.
	LocalFolder string `yaml:"local_folder"`
	// Webhook says where Telegram pushes updates; without it the bridge asks for them.
	Webhook WebhookOptions `yaml:"webhook"`
	// Pace says how fast bots may write.
	Pace PaceOptions `yaml:"pace"`
	// ServiceBots are bots that belong to a service and not to one person.
	ServiceBots []ServiceBot `yaml:"service_bots"`
}

// ServiceBot is a bot that the administrator connects. Its login is its owner's, who is in every room of it.
type ServiceBot struct {
	// Token is what BotFather gave for it; it can stand in a file of its own.
	Token     string `yaml:"token"`
	TokenFile string `yaml:"token_file"`
	// Owner is a member of staff, by Matrix ID. Staff are invited into every new room, too.
	Owner string   `yaml:"owner"`
	Staff []string `yaml:"staff"`
}

// DefaultOptions returns the options with every default set.
func DefaultOptions() Options {
	return Options{DisplayName: "{{.Name}} (Telegram)", Server: "https://api.telegram.org", Pace: defaultPace()}
}

// Validate checks the options. An error names the key and what to do, and holds no token.
func (o Options) Validate() error {
	if _, err := parseDisplayName(o.DisplayName); err != nil {
		return err
	}
	if server, err := url.Parse(o.Server); err != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https" {
		return errors.New("server: must be the URL of a Bot API server, such as https://api.telegram.org")
	}
	if o.LocalFolder != "" && !filepath.IsAbs(o.LocalFolder) {
		return errors.New("local_folder: must be an absolute path, such as /var/lib/telegram-bot-api")
	}
	if err := o.Webhook.validate(); err != nil {
		return err
	}
	if err := o.Pace.validate(); err != nil {
		return err
	}
	for i, bot := range o.ServiceBots {
		if (bot.Token == "") == (bot.TokenFile == "") {
			return fmt.Errorf("service_bots[%d]: write either token, as BotFather gave it, or token_file", i)
		}
		if bot.Token != "" && !tokenForm.MatchString(bot.Token) {
			return fmt.Errorf("service_bots[%d].token: is not as BotFather gives it, such as 123456789:AAF-abc…", i)
		}
		for _, who := range append([]string{bot.Owner}, bot.Staff...) {
			if _, _, err := id.UserID(who).Parse(); err != nil {
				return fmt.Errorf("service_bots[%d]: %q is no Matrix ID; write owner and staff such as @claire:example.org", i, who)
			}
		}
	}
	return nil
}

// tokenForm is what tokens look like: the bot's number, and a secret.
var tokenForm = regexp.MustCompile(`^[1-9][0-9]{2,15}:[A-Za-z0-9_-]{10,}$`)

// serviceBot is a service bot with its token read.
type serviceBot struct {
	token string
	owner id.UserID
	staff []id.UserID
}

// services reads the tokens of the service bots. An error names the key and what to do.
func (o Options) services() (map[networkid.UserLoginID]serviceBot, error) {
	all := map[networkid.UserLoginID]serviceBot{}
	for i, bot := range o.ServiceBots {
		if bot.TokenFile != "" {
			text, err := os.ReadFile(bot.TokenFile)
			if err != nil {
				return nil, fmt.Errorf("service_bots[%d].token_file: %w", i, err)
			}
			if bot.Token = strings.TrimSpace(string(text)); !tokenForm.MatchString(bot.Token) {
				return nil, fmt.Errorf("service_bots[%d].token_file: %s does not hold a token as BotFather gives it", i, bot.TokenFile)
			}
		}
		number, _, _ := strings.Cut(bot.Token, ":")
		if _, twice := all[networkid.UserLoginID(number)]; twice {
			return nil, fmt.Errorf("service_bots[%d]: the bot %s is there twice; leave one out", i, number)
		}
		read := serviceBot{token: bot.Token, owner: id.UserID(bot.Owner)}
		for _, who := range bot.Staff {
			read.staff = append(read.staff, id.UserID(who))
		}
		all[networkid.UserLoginID(number)] = read
	}
	return all, nil
}

// parseDisplayName reads the template of ghosts' names.
func parseDisplayName(text string) (naming.Template, error) {
	return naming.Parse(text, "{{.Name}} (Telegram)")
}
