package telegram

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// kinds is what a message holds that is neither a text nor a file, under the Bot API's names (Bot API, Message).
type kinds struct {
	Location  *location  `json:"location,omitempty"`
	Venue     *venue     `json:"venue,omitempty"`
	Contact   *contact   `json:"contact,omitempty"`
	Poll      *poll      `json:"poll,omitempty"`
	Checklist *checklist `json:"checklist,omitempty"`
	Dice      *struct {
		Emoji string `json:"emoji"`
		Value int    `json:"value"`
	} `json:"dice,omitempty"`
	Game *struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"game,omitempty"`
	Story *struct {
		Chat chat `json:"chat"`
	} `json:"story,omitempty"`
	Invoice *struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		price
	} `json:"invoice,omitempty"`
	SuccessfulPayment *price `json:"successful_payment,omitempty"`
	RefundedPayment   *price `json:"refunded_payment,omitempty"`
	PaidMedia         *struct {
		Stars int64 `json:"star_count"`
	} `json:"paid_media,omitempty"`
	Gift       *gift `json:"gift,omitempty"`
	UniqueGift *struct {
		Gift struct {
			Name string `json:"base_name"`
		} `json:"gift"`
	} `json:"unique_gift,omitempty"`
	giveaways
	happened
}

// giveaways are the kinds of messages about prizes that a channel gives away.
type giveaways struct {
	Giveaway *struct {
		Until   int64  `json:"winners_selection_date"`
		Winners int    `json:"winner_count"`
		Prize   string `json:"prize_description"`
	} `json:"giveaway,omitempty"`
	GiveawayWinners *struct {
		Winners []user `json:"winners"`
		Prize   string `json:"prize_description"`
	} `json:"giveaway_winners,omitempty"`
	GiveawayCreated   *struct{} `json:"giveaway_created,omitempty"`
	GiveawayCompleted *struct {
		Winners int `json:"winner_count"`
	} `json:"giveaway_completed,omitempty"`
}

// happened is what a message tells of what its sender did by a button, or where somebody is.
type happened struct {
	TasksDone *struct {
		In   *message `json:"checklist_message"`
		Done []int64  `json:"marked_as_done_task_ids"`
		Open []int64  `json:"marked_as_not_done_task_ids"`
	} `json:"checklist_tasks_done,omitempty"`
	TasksAdded *struct {
		Tasks []task `json:"tasks"`
	} `json:"checklist_tasks_added,omitempty"`
	UsersShared *struct {
		Users []struct {
			ID        int64  `json:"user_id"`
			FirstName string `json:"first_name"`
			LastName  string `json:"last_name"`
		} `json:"users"`
	} `json:"users_shared,omitempty"`
	ChatShared *struct {
		Title string `json:"title"`
	} `json:"chat_shared,omitempty"`
	WebAppData *struct {
		Button string `json:"button_text"`
		Data   string `json:"data"`
	} `json:"web_app_data,omitempty"`
	WriteAccess *struct{} `json:"write_access_allowed,omitempty"`
	Near        *struct {
		Traveler user `json:"traveler"`
		Watcher  user `json:"watcher"`
		Meters   int  `json:"distance"`
	} `json:"proximity_alert_triggered,omitempty"`
}

// price is an amount of money, in the smallest unit of its currency (Bot API, Invoice).
type price struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"total_amount"`
}

// withoutCents are the currencies whose smallest unit is the whole (ISO 4217; XTR: Telegram's stars).
var withoutCents = []string{"XTR", "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}

func (p price) String() string {
	switch {
	case p.Currency == "XTR":
		return strconv.FormatInt(p.Amount, 10) + " ⭐"
	case slices.Contains(withoutCents, p.Currency):
		return strconv.FormatInt(p.Amount, 10) + " " + p.Currency
	}
	return strconv.FormatFloat(float64(p.Amount)/100, 'f', 2, 64) + " " + p.Currency
}

// gift is a gift that somebody made (Bot API, GiftInfo).
type gift struct {
	Gift struct {
		Sticker struct {
			Emoji string `json:"emoji"`
		} `json:"sticker"`
	} `json:"gift"`
	Text string `json:"text"`
}

// checklist is a list of tasks (Bot API, Checklist).
type checklist struct {
	Title string `json:"title"`
	Tasks []task `json:"tasks"`
}

// task is a line of a checklist (Bot API, ChecklistTask).
type task struct {
	ID             int64  `json:"id"`
	Text           string `json:"text"`
	CompletionDate int64  `json:"completion_date"`
}

func (t task) line() string {
	if t.CompletionDate != 0 {
		return "☑ " + t.Text
	}
	return "☐ " + t.Text
}

// kind reads the kinds that are neither text nor file.
func (r reader) kind(m *message) (content, bool) {
	switch {
	case m.Venue != nil:
		return r.venue(m.Venue), true
	case m.Location != nil:
		return r.location(m), true
	case m.Contact != nil:
		return contactIn(m.Contact), true
	case m.Poll != nil:
		return r.poll(m.Poll), true
	}
	for _, told := range []func(*message) []string{r.toldThing, r.toldMoney, r.toldGiveaway, r.toldDeed} {
		if lines := told(m); lines != nil {
			return r.told(append(lines, m.Caption)...), true
		}
	}
	return content{}, false
}

// told is a message in words of ours and the sender's, line by line.
func (r reader) told(lines ...string) content {
	body := strings.ToValidUTF8(joinLines(lines...), "\uFFFD")
	return content{kind: portal.KindText, text: body, eventType: event.EventMessage, event: &event.MessageEventContent{MsgType: event.MsgText, Body: body}}
}

// joinLines puts what there is of some texts below each other.
func joinLines(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}

// toldThing tells of what Matrix has no kind for.
func (r reader) toldThing(m *message) []string {
	switch {
	case m.Dice != nil:
		return []string{r.say(say.Thrown, m.Dice.Emoji, m.Dice.Value)}
	case m.Game != nil:
		return []string{r.say(say.Game, m.Game.Title), m.Game.Description, r.say(say.OnlyInApp, networkName)}
	case m.Story != nil:
		return []string{r.say(say.StoryOf, m.Story.Chat.name()), r.say(say.OnlyInApp, networkName)}
	case m.Checklist != nil:
		lines := []string{r.say(say.Checklist, m.Checklist.Title)}
		for _, task := range m.Checklist.Tasks {
			lines = append(lines, task.line())
		}
		return lines
	case m.Gift != nil:
		return []string{r.say(say.GiftMade, networkName), m.Gift.Gift.Sticker.Emoji, m.Gift.Text}
	case m.UniqueGift != nil:
		return []string{r.say(say.GiftMade, networkName), m.UniqueGift.Gift.Name}
	}
	return nil
}

// toldMoney tells of payments. Bots that take them have a program of their own.
func (r reader) toldMoney(m *message) []string {
	switch {
	case m.Invoice != nil:
		return []string{r.say(say.Invoice), m.Invoice.Title, m.Invoice.Description, r.say(say.Price, m.Invoice.price), r.say(say.OnlyInApp, networkName)}
	case m.SuccessfulPayment != nil:
		return []string{r.say(say.PaymentSent, networkName), r.say(say.Price, *m.SuccessfulPayment)}
	case m.RefundedPayment != nil:
		return []string{r.say(say.PaymentRefunded, networkName), r.say(say.Price, *m.RefundedPayment)}
	case m.PaidMedia != nil:
		return []string{r.say(say.PaidMedia, m.PaidMedia.Stars), r.say(say.OnlyInApp, networkName)}
	}
	return nil
}

func (r reader) toldGiveaway(m *message) []string {
	switch {
	case m.Giveaway != nil:
		lines := []string{r.say(say.Giveaway, m.Giveaway.Winners), m.Giveaway.Prize}
		if until := m.Giveaway.Until; until > 0 && until < math.MaxInt32 {
			lines = append(lines, r.say(say.ValidUntil, r.moment(time.Unix(until, 0))))
		}
		return lines
	case m.GiveawayWinners != nil:
		var names []string
		for _, winner := range m.GiveawayWinners.Winners {
			names = append(names, winner.name())
		}
		return []string{r.say(say.GiveawayWon, strings.Join(names, ", ")), m.GiveawayWinners.Prize}
	case m.GiveawayCreated != nil:
		return []string{r.say(say.GiveawayCreated)}
	case m.GiveawayCompleted != nil:
		return []string{r.say(say.GiveawayOver, m.GiveawayCompleted.Winners)}
	}
	return nil
}

// toldDeed tells of what somebody did.
func (r reader) toldDeed(m *message) []string {
	switch {
	case m.TasksDone != nil:
		lines := []string{r.say(say.ChecklistChanged)}
		if in := m.TasksDone.In; in != nil && in.Checklist != nil {
			lines = append(lines, in.Checklist.Title)
			for _, task := range in.Checklist.Tasks {
				done := slices.Contains(m.TasksDone.Done, task.ID)
				if task.CompletionDate = 0; done {
					task.CompletionDate = m.Date
				}
				if done || slices.Contains(m.TasksDone.Open, task.ID) {
					lines = append(lines, task.line())
				}
			}
		}
		return lines
	case m.TasksAdded != nil:
		lines := []string{r.say(say.ChecklistChanged)}
		for _, task := range m.TasksAdded.Tasks {
			lines = append(lines, task.line())
		}
		return lines
	case m.UsersShared != nil:
		lines := []string{r.say(say.PeopleShared)}
		for _, u := range m.UsersShared.Users {
			lines = append(lines, user{FirstName: u.FirstName, LastName: u.LastName}.name()+" ("+number(u.ID)+")")
		}
		return lines
	case m.ChatShared != nil:
		return []string{r.say(say.ChatShared, m.ChatShared.Title)}
	case m.WebAppData != nil:
		return []string{r.say(say.ButtonPressed, m.WebAppData.Button), m.WebAppData.Data}
	case m.WriteAccess != nil:
		return []string{r.say(say.MayWrite, networkName)}
	case m.Near != nil:
		return []string{r.say(say.Near, m.Near.Traveler.name(), m.Near.Watcher.name(), m.Near.Meters)}
	}
	return nil
}
