package say

import "time"

// The sentences about messages that disappear in time. What the placeholders stand for is said beside each.
const (
	TimerSet       Sentence = "timer-set"        // who, duration
	TimerTurnedOff Sentence = "timer-turned-off" // who
	TimerIs        Sentence = "timer-is"         // duration
	TimerIsOff     Sentence = "timer-is-off"     //
	TimerUnknown   Sentence = "timer-unknown"    // network
	TimerRefused   Sentence = "timer-refused"    // network
	TimerNotSet    Sentence = "timer-not-set"    // network
	TimerHowTo     Sentence = "timer-how-to"     // the command's first word
	TimerHelp      Sentence = "timer-help"       //
	Disappeared    Sentence = "disappeared"      //

	days    Sentence = "days"    // number
	hours   Sentence = "hours"   // number
	minutes Sentence = "minutes" // number
	seconds Sentence = "seconds" // number
)

var aboutTimers = map[Sentence]map[Language]string{
	TimerSet: {
		English: "%s changed this chat: new messages disappear %s after they are sent.",
		French:  "%s a modifié cette conversation : les nouveaux messages disparaissent %s après leur envoi.",
	},
	TimerTurnedOff: {
		English: "%s changed this chat: new messages no longer disappear.",
		French:  "%s a modifié cette conversation : les nouveaux messages ne disparaissent plus.",
	},
	TimerIs: {
		English: "In this chat, new messages disappear %s after they are sent.",
		French:  "Dans cette conversation, les nouveaux messages disparaissent %s après leur envoi.",
	},
	TimerIsOff: {
		English: "In this chat, new messages do not disappear.",
		French:  "Dans cette conversation, les nouveaux messages ne disparaissent pas.",
	},
	TimerUnknown: {
		English: "On %s, messages disappear after 24 hours, 7 days, 90 days, or not at all. Choose one of these; nothing was changed.",
		French:  "Sur %s, les messages disparaissent après 24 heures, 7 jours, 90 jours, ou jamais. Choisissez l’une de ces durées ; rien n’a été modifié.",
	},
	TimerRefused: {
		English: "%s did not accept when messages shall disappear; nothing was changed. In a group, ask one of its admins to do it.",
		French:  "%s n’a pas accepté ce délai de disparition ; rien n’a été modifié. Dans un groupe, demandez à l’un de ses administrateurs de le faire.",
	},
	TimerNotSet: {
		English: "%s could not be told when messages shall disappear; nothing was changed. Try again later.",
		French:  "Le délai de disparition n’a pas pu être transmis à %s ; rien n’a été modifié. Réessayez plus tard.",
	},
	TimerHowTo: {
		English: "To change this, write “%[1]s timer 24h”, “%[1]s timer 7d”, “%[1]s timer 90d” or “%[1]s timer off”.",
		French:  "Pour le modifier, écrivez « %[1]s timer 24h », « %[1]s timer 7d », « %[1]s timer 90d » ou « %[1]s timer off ».",
	},
	TimerHelp: {
		English: "Have new messages in this chat disappear after a while, or show what is set",
		French:  "Faire disparaître les nouveaux messages de cette conversation après un délai, ou afficher le délai",
	},
	Disappeared: {
		English: "This message has disappeared, as was set for the chat.",
		French:  "Ce message a disparu, comme prévu pour la conversation.",
	},

	days:    {English: "%d days", French: "%d jours"},
	hours:   {English: "%d hours", French: "%d heures"},
	minutes: {English: "%d min", French: "%d min"},
	seconds: {English: "%d s", French: "%d s"},
}

// Duration says how long d is, in the largest unit of which it is several.
func (l Language) Duration(d time.Duration) string {
	for _, unit := range []struct {
		name   Sentence
		length time.Duration
	}{{days, 24 * time.Hour}, {hours, time.Hour}, {minutes, time.Minute}} {
		if d > unit.length && d%unit.length == 0 {
			return l.Say(unit.name, int(d/unit.length))
		}
	}
	return l.Say(seconds, int(d/time.Second))
}
