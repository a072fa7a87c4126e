package say

import "time"

// The sentences about the state of an account. What the placeholders stand for is said beside each.
const (
	WaitsAsFirst   Sentence = "waits-as-first"   // network, moment
	WaitsForOthers Sentence = "waits-for-others" // network, moment

	FirstContactRefused      Sentence = "first-contact-refused"       // network
	FirstContactRefusedUntil Sentence = "first-contact-refused-until" // network, moment
	MayNotWriteFirst         Sentence = "may-not-write-first"         // network
	MayNotWriteFirstUntil    Sentence = "may-not-write-first-until"   // network, moment
	MayWriteFirst            Sentence = "may-write-first"             // network

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

	FirstContactRefused: {
		English: "%s did not take your message: for a while it does not let your account write to people who have not written to you. Write to them from the phone, or wait until they write to you. Chats that are under way are not affected.",
		French:  "%s n’a pas pris votre message : pour un temps, votre compte ne peut pas écrire aux personnes qui ne vous ont pas écrit. Écrivez-leur depuis le téléphone, ou attendez qu’elles vous écrivent. Les conversations en cours ne sont pas concernées.",
	},
	FirstContactRefusedUntil: {
		English: "%s did not take your message: until %s it does not let your account write to people who have not written to you. Write to them from the phone, or wait until they write to you. Chats that are under way are not affected.",
		French:  "%s n’a pas pris votre message : jusqu’à %s, votre compte ne peut pas écrire aux personnes qui ne vous ont pas écrit. Écrivez-leur depuis le téléphone, ou attendez qu’elles vous écrivent. Les conversations en cours ne sont pas concernées.",
	},
	MayNotWriteFirst: {
		English: "For a while %s does not let your account write from here to people who have not written to you. Chats that are under way are not affected. You are told when that is over.",
		French:  "Pour un temps, %s ne laisse plus votre compte écrire d’ici aux personnes qui ne vous ont pas écrit. Les conversations en cours ne sont pas concernées. Vous serez prévenu quand ce sera fini.",
	},
	MayNotWriteFirstUntil: {
		English: "Until %[2]s %[1]s does not let your account write from here to people who have not written to you. Chats that are under way are not affected. Write to new people from the phone, or wait until they write to you.",
		French:  "Jusqu’à %[2]s, %[1]s ne laisse plus votre compte écrire d’ici aux personnes qui ne vous ont pas écrit. Les conversations en cours ne sont pas concernées. Écrivez aux nouvelles personnes depuis le téléphone, ou attendez qu’elles vous écrivent.",
	},
	MayWriteFirst: {
		English: "%s lets your account write to people who have not written to you again.",
		French:  "%s laisse de nouveau votre compte écrire aux personnes qui ne vous ont pas écrit.",
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
