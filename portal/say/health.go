package say

import "time"

// The sentences about the state of an account. What the placeholders stand for is said beside each.
const (
	WaitsAsFirst   Sentence = "waits-as-first"   // network, moment
	WaitsForOthers Sentence = "waits-for-others" // network, moment

	today    Sentence = "today"     // a layout of package time
	otherDay Sentence = "other-day" // a layout of package time
)

var aboutHealth = map[Sentence]map[Language]string{
	WaitsAsFirst: {
		English: "Your message waits until about %[2]s: nobody in this chat has written on %[1]s yet, and writing to many new people at once gets an account suspended. It goes by itself, and at once if they write first. Delete it if you do not want it sent.",
		French:  "Votre message attend jusqu’à %[2]s environ : personne n’a encore écrit dans cette conversation sur %[1]s, et écrire à beaucoup de nouvelles personnes à la fois fait suspendre un compte. Il partira tout seul, et aussitôt si l’on vous écrit d’abord. Supprimez-le si vous ne voulez pas l’envoyer.",
	},
	WaitsForOthers: {
		English: "Your message waits until about %[2]s: writing into many %[1]s chats at once gets an account suspended. It goes by itself. Delete it if you do not want it sent.",
		French:  "Votre message attend jusqu’à %[2]s environ : écrire dans beaucoup de conversations %[1]s à la fois fait suspendre un compte. Il partira tout seul. Supprimez-le si vous ne voulez pas l’envoyer.",
	},

	today:    {English: "15:04", French: "15 h 04"},
	otherDay: {English: "15:04 on 2006-01-02", French: "15 h 04 le 02/01/2006"},
}

// Moment says when something is, in the time zone of at and now: the time of day, with the date when it is another day.
func (l Language) Moment(at, now time.Time) string {
	at = at.In(now.Location())
	layout := otherDay
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		layout = today
	}
	return at.Format(l.Say(layout))
}
