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

	ConnectionBack     Sentence = "connection-back"       // network
	Suspended          Sentence = "suspended"             // network, why
	SuspendedUntil     Sentence = "suspended-until"       // network, moment, why
	BanStrangers       Sentence = "ban-strangers"         //
	BanBlocked         Sentence = "ban-blocked"           //
	BanGroups          Sentence = "ban-groups"            //
	BanSameMessage     Sentence = "ban-same-message"      //
	BanBroadcast       Sentence = "ban-broadcast"         //
	BanUnknown         Sentence = "ban-unknown"           //
	LoggedOutLocked    Sentence = "logged-out-locked"     // network
	LoggedOutBanned    Sentence = "logged-out-banned"     // network
	LoggedOutPhoneAway Sentence = "logged-out-phone-away" // network
	PhoneAway          Sentence = "phone-away"            // network, moment, moment
	PhoneBack          Sentence = "phone-back"            // network

	HelpStatus          Sentence = "help-status"           //
	StatusConnected     Sentence = "status-connected"      // network, name, moment
	StatusConnecting    Sentence = "status-connecting"     // network, name
	StatusTrouble       Sentence = "status-trouble"        // network, name, moment, what is wrong
	StatusPhone         Sentence = "status-phone"          // moment, moment of the unlinking
	StatusPhoneAway     Sentence = "status-phone-away"     // moment, moment of the unlinking
	StatusTimelock      Sentence = "status-timelock"       // network, moment
	StatusFirstContacts Sentence = "status-first-contacts" // number, limit
	StatusNothingWaits  Sentence = "status-nothing-waits"  //
	StatusWaits         Sentence = "status-waits"          // number
	StatusWaitsFor      Sentence = "status-waits-for"      // chat, moment

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

	ConnectionBack: {
		English: "You are connected to %s again. What arrived meanwhile follows.",
		French:  "Vous êtes de nouveau connecté à %s. Ce qui est arrivé entre-temps suit.",
	},
	Suspended: {
		English: "%s has suspended your account for a while: %s. The connection comes back by itself when that is over; do not link the phone again meanwhile.",
		French:  "%s a suspendu votre compte pour un temps : %s. La connexion reviendra d’elle-même ensuite ; d’ici là, ne liez pas de nouveau le téléphone.",
	},
	SuspendedUntil: {
		English: "%s has suspended your account until %s: %s. The connection comes back by itself then; do not link the phone again meanwhile.",
		French:  "%s a suspendu votre compte jusqu’à %s : %s. La connexion reviendra alors d’elle-même ; d’ici là, ne liez pas de nouveau le téléphone.",
	},
	BanStrangers: {
		English: "it wrote to too many people who do not have its number",
		French:  "il a écrit à trop de personnes qui n’ont pas son numéro",
	},
	BanBlocked: {
		English: "too many people have blocked it",
		French:  "trop de personnes l’ont bloqué",
	},
	BanGroups: {
		English: "it made too many groups with people who do not have its number",
		French:  "il a créé trop de groupes avec des personnes qui n’ont pas son numéro",
	},
	BanSameMessage: {
		English: "it sent the same message to too many people",
		French:  "il a envoyé le même message à trop de personnes",
	},
	BanBroadcast: {
		English: "it sent too much to a broadcast list",
		French:  "il a trop envoyé à une liste de diffusion",
	},
	BanUnknown: {
		English: "it gives no reason that is known here",
		French:  "sans raison connue ici",
	},
	LoggedOutLocked: {
		English: "You are logged out of %[1]s: the account was signed out on its phone, or locked. Open %[1]s on the phone and do what it says there. Then write “login” here to link it again.",
		French:  "Vous êtes déconnecté de %[1]s : le compte a été déconnecté de son téléphone, ou verrouillé. Ouvrez %[1]s sur le téléphone et suivez ce qui s’y affiche. Écrivez ensuite « login » ici pour rétablir la liaison.",
	},
	LoggedOutBanned: {
		English: "You are logged out of %[1]s: it no longer lets this account in. Open %[1]s on the phone: there you can ask for a review. Once the phone works again, write “login” here.",
		French:  "Vous êtes déconnecté de %[1]s : ce compte n’y est plus admis. Ouvrez %[1]s sur le téléphone : vous pourrez y demander un examen. Quand le téléphone fonctionnera de nouveau, écrivez « login » ici.",
	},

	LoggedOutPhoneAway: {
		English: "You are logged out of %s: it removes links when the phone is offline for 14 days. Take the phone online, then write “login” here to link it again.",
		French:  "Vous êtes déconnecté de %s : les liaisons y sont supprimées quand le téléphone reste 14 jours hors ligne. Mettez le téléphone en ligne, puis écrivez « login » ici pour rétablir la liaison.",
	},
	PhoneAway: {
		English: "The phone of your %[1]s account has not been online since %[2]s. If it stays offline, %[1]s removes the link at about %[3]s, and nothing arrives here any more. Switch it on, with the internet, and open %[1]s on it.",
		French:  "Le téléphone de votre compte %[1]s n’a pas été en ligne depuis %[2]s. S’il reste hors ligne, %[1]s supprimera la liaison vers %[3]s, et plus rien n’arrivera ici. Allumez-le, connectez-le à Internet et ouvrez-y %[1]s.",
	},
	PhoneBack: {
		English: "The phone of your %s account is online again. The link stays.",
		French:  "Le téléphone de votre compte %s est de nouveau en ligne. La liaison est conservée.",
	},

	HelpStatus: {
		English: "Show how your accounts are: connected since when, what is wrong, which messages wait",
		French:  "Afficher l’état de vos comptes : connectés depuis quand, ce qui ne va pas, les messages en attente",
	},
	StatusConnected: {
		English: "%s, %s: connected since %s.",
		French:  "%s, %s : connecté depuis %s.",
	},
	StatusConnecting: {
		English: "%s, %s: connecting.",
		French:  "%s, %s : connexion en cours.",
	},
	StatusTrouble: {
		English: "%s, %s: not connected since %s. %s",
		French:  "%s, %s : non connecté depuis %s. %s",
	},
	StatusPhone: {
		English: "The phone was last online at %[1]s.",
		French:  "Le téléphone a été en ligne pour la dernière fois à %[1]s.",
	},
	StatusPhoneAway: {
		English: "The phone has not been online since %s. If it stays offline, the link is removed at about %s.",
		French:  "Le téléphone n’a pas été en ligne depuis %s. S’il reste hors ligne, la liaison sera supprimée vers %s.",
	},
	StatusTimelock: {
		English: "At %[2]s %[1]s refused a message to somebody who had not written to you. It may refuse others to new people for a while. Write to new people from the phone, or wait until they write to you.",
		French:  "À %[2]s, %[1]s a refusé un message à une personne qui ne vous avait pas écrit. D’autres messages à de nouvelles personnes peuvent être refusés pour un temps. Écrivez aux nouvelles personnes depuis le téléphone, ou attendez qu’elles vous écrivent.",
	},
	StatusFirstContacts: {
		English: "New people written to in the last 24 hours: %d of %d.",
		French:  "Nouvelles personnes contactées ces dernières 24 heures : %d sur %d.",
	},
	StatusNothingWaits: {
		English: "No message waits.",
		French:  "Aucun message n’est en attente.",
	},
	StatusWaits: {
		English: "Messages that wait, so that the account is not suspended: %d.",
		French:  "Messages en attente, pour que le compte ne soit pas suspendu : %d.",
	},
	StatusWaitsFor: {
		English: "– for %s, until about %s",
		French:  "– pour %s, jusqu’à %s environ",
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
