package say

import (
	"fmt"
	"time"
)

// The sentences about older messages, which are asked for from the phone. What the placeholders stand for is said beside each.
const (
	OlderMessages   Sentence = "older-messages"    // from when to when, the command
	OlderFirst      Sentence = "older-first"       // from when to when
	OlderNone       Sentence = "older-none"        // network
	OlderUnseen     Sentence = "older-unseen"      // the command
	OlderAsked      Sentence = "older-asked"       // number, network
	OlderAskedAgain Sentence = "older-asked-again" // network
	OlderPhoneOff   Sentence = "older-phone-off"   // network, the command
	OlderNotAsked   Sentence = "older-not-asked"   // network
	OlderNoLogin    Sentence = "older-no-login"    // network
	OlderComing     Sentence = "older-coming"      //
	OlderNoMessage  Sentence = "older-no-message"  //
	OlderHowMany    Sentence = "older-how-many"    // most, the command
	OlderHelp       Sentence = "older-help"        //
	ArgHowMany      Sentence = "arg-how-many"      //

	daysSpan Sentence = "days-span" // from, to, both days
)

var aboutHistory = map[Sentence]map[Language]string{
	OlderMessages: {
		English: "Older messages, %s. They stand in this thread. For still older ones write “%s”.",
		French:  "Messages plus anciens, %s. Ils se trouvent dans ce fil. Pour de plus anciens encore, écrivez « %s ».",
	},
	OlderFirst: {
		English: "Older messages, %s. They stand in this thread; the phone has no older ones.",
		French:  "Messages plus anciens, %s. Ils se trouvent dans ce fil ; le téléphone n’en a pas de plus anciens.",
	},
	OlderNone: {
		English: "The phone has no older messages of this chat on %s.",
		French:  "Le téléphone n’a pas de messages plus anciens de cette conversation sur %s.",
	},
	OlderUnseen: {
		English: "The phone sent nothing that can be shown. For still older messages write “%s”.",
		French:  "Le téléphone n’a rien envoyé qui puisse être affiché. Pour des messages plus anciens encore, écrivez « %s ».",
	},
	OlderAsked: {
		English: "Your phone is asked for the %d messages before the oldest one here. They will stand in a thread below. Keep %s open on the phone until then.",
		French:  "Les %d messages qui précèdent le plus ancien d’ici sont demandés à votre téléphone. Ils apparaîtront dans un fil ci-dessous. Gardez %s ouvert sur le téléphone jusque-là.",
	},
	OlderAskedAgain: {
		English: "Your phone has been asked for older messages of this chat already. Open %s on the phone; they will come.",
		French:  "Des messages plus anciens de cette conversation ont déjà été demandés à votre téléphone. Ouvrez-y %s ; ils arriveront.",
	},
	OlderPhoneOff: {
		English: "Your phone has not sent the older messages yet. Open %s on the phone. If they do not come then, write “%s” again.",
		French:  "Votre téléphone n’a pas encore envoyé les messages plus anciens. Ouvrez-y %s. S’ils n’arrivent pas, écrivez de nouveau « %s ».",
	},
	OlderNotAsked: {
		English: "There is no connection to %s now, so your phone was not asked. Try again later.",
		French:  "Il n’y a pas de connexion à %s en ce moment : votre téléphone n’a pas été interrogé. Réessayez plus tard.",
	},
	OlderNoLogin: {
		English: "Only somebody who has this chat in an account of their own on %s can ask for its older messages.",
		French:  "Seule une personne qui a cette conversation dans son propre compte %s peut demander ses messages plus anciens.",
	},
	OlderComing: {
		English: "The first messages of this chat are still coming from your phone. Ask again in a few minutes.",
		French:  "Les premiers messages de cette conversation arrivent encore de votre téléphone. Redemandez dans quelques minutes.",
	},
	OlderNoMessage: {
		English: "There is no message here yet before which older ones could be looked for. Ask again when one has been written.",
		French:  "Il n’y a pas encore ici de message avant lequel chercher. Redemandez quand un premier aura été écrit.",
	},
	OlderHowMany: {
		English: "Phones give 1 to %d messages at a time. Write “%s”, and again for still older ones.",
		French:  "Les téléphones donnent de 1 à %d messages à la fois. Écrivez « %s », puis de nouveau pour de plus anciens encore.",
	},
	OlderHelp: {
		English: "Show older messages of this chat, which your phone has",
		French:  "Afficher des messages plus anciens de cette conversation, que votre téléphone possède",
	},
	ArgHowMany: {
		English: "[how many]",
		French:  "[combien]",
	},
	daysSpan: {
		English: "%s to %s",
		French:  "du %s au %s",
	},
}

// months are the months' names, as they stand in dates.
var months = map[Language][12]string{
	English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	French:  {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

// Days says from which day to which day something lasted, in the times' own zones: "12 May to 3 June 2026".
func (l Language) Days(from, to time.Time) string {
	last := l.day(to, true)
	if first := l.day(from, true); first == last {
		return last
	}
	return l.Say(daysSpan, l.day(from, from.Year() != to.Year()), last)
}

func (l Language) day(at time.Time, withYear bool) string {
	names, ok := months[l]
	if !ok {
		names = months[English]
	}
	day := fmt.Sprint(at.Day())
	if l == French && at.Day() == 1 {
		day = "1er"
	}
	day += " " + names[at.Month()-1]
	if withYear {
		day += fmt.Sprintf(" %d", at.Year())
	}
	return day
}
