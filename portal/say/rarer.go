package say

// The sentences about kinds and marks of messages that not every network has. What the placeholders stand for is said beside each.
const (
	ForwardedFrom      Sentence = "forwarded-from"       // name
	ForwardedFromGroup Sentence = "forwarded-from-group" // group
	Protected          Sentence = "protected"            //
	ViaBot             Sentence = "via-bot"              // the bot's username
	WithEffect         Sentence = "with-effect"          //
	WithEffectOf       Sentence = "with-effect-of"       // emoji
	OnlyInApp          Sentence = "only-in-app"          // network
	Buttons            Sentence = "buttons"              // network
	ButtonPressed      Sentence = "button-pressed"       // what is written on it
	ButtonTaken        Sentence = "button-taken"         //
	LiveHere           Sentence = "live-here"            //
	LiveUntil          Sentence = "live-until"           // time
	LiveOver           Sentence = "live-over"            // network
	Near               Sentence = "near"                 // who, whom, metres
	PollTooLong        Sentence = "poll-too-long"        // network
	VotesFor           Sentence = "votes-for"            // answers
	BotCannotVote      Sentence = "bot-cannot-vote"      // network
	Quiz               Sentence = "quiz"                 //
	Thrown             Sentence = "thrown"               // emoji, value
	Game               Sentence = "game"                 // title
	StoryOf            Sentence = "story-of"             // whose
	Checklist          Sentence = "checklist"            // title
	ChecklistChanged   Sentence = "checklist-changed"    //
	GiftMade           Sentence = "gift-made"            // network
	PaidMedia          Sentence = "paid-media"           // number of stars
	PaymentRefunded    Sentence = "payment-refunded"     // network
	Giveaway           Sentence = "giveaway"             // number of winners
	GiveawayWon        Sentence = "giveaway-won"         // names
	GiveawayCreated    Sentence = "giveaway-created"     //
	GiveawayOver       Sentence = "giveaway-over"        // number of winners
	PeopleShared       Sentence = "people-shared"        //
	ChatShared         Sentence = "chat-shared"          // title
	MayWrite           Sentence = "may-write"            // network
)

var aboutRarer = map[Sentence]map[Language]string{
	ForwardedFrom:      {English: "Forwarded from %s", French: "Transféré de %s"},
	ForwardedFromGroup: {English: "Forwarded from the group “%s”", French: "Transféré depuis le groupe « %s »"},
	Protected:          {English: "The sender does not want this to be copied or forwarded", French: "L’expéditeur ne souhaite pas que ceci soit copié ou transféré"},
	ViaBot:             {English: "Written with @%s", French: "Écrit avec @%s"},
	WithEffect:         {English: "Sent with an effect", French: "Envoyé avec un effet"},
	WithEffectOf:       {English: "Sent with the effect %s", French: "Envoyé avec l’effet %s"},
	OnlyInApp:          {English: "It can only be seen in %s itself.", French: "Cela ne peut être vu que dans %s."},
	Buttons:            {English: "Buttons, which can only be pressed in %s itself:", French: "Boutons, sur lesquels on ne peut appuyer que dans %s :"},
	ButtonPressed:      {English: "Pressed the button “%s”", French: "A appuyé sur le bouton « %s »"},
	ButtonTaken:        {English: "Your choice has been passed on.", French: "Votre choix a été transmis."},
	LiveHere:           {English: "Live location", French: "Position en direct"},
	LiveUntil:          {English: "Live location until %s", French: "Position en direct jusqu’à %s"},
	LiveOver: {
		English: "On %s nobody follows this live location any more. Share your location again.",
		French:  "Sur %s, plus personne ne suit cette position en direct. Partagez à nouveau votre position.",
	},
	Near: {English: "%s is %[3]d m from %[2]s.", French: "%s est à %[3]d m de %[2]s."},
	PollTooLong: {
		English: "A poll on %s has a question of at most 300 characters, your name included, and answers of at most 100. Yours was not sent.",
		French:  "Un sondage sur %s comporte une question de 300 caractères au plus, votre nom compris, et des réponses de 100 au plus. Le vôtre n’a pas été envoyé.",
	},
	BotCannotVote: {
		English: "A bot cannot vote on %s. Votes in this poll go out as messages, with the chosen answers.",
		French:  "Un bot ne peut pas voter sur %s. Les votes à ce sondage sont envoyés comme messages, avec les réponses choisies.",
	},
	Quiz:             {English: "Quiz", French: "Quiz"},
	VotesFor:         {English: "Vote: %s", French: "Vote : %s"},
	Thrown:           {English: "Thrown: %s %d", French: "Lancé : %s %d"},
	Game:             {English: "Game: %s", French: "Jeu : %s"},
	StoryOf:          {English: "A story of %s", French: "Une story de %s"},
	Checklist:        {English: "List of tasks: %s", French: "Liste de tâches : %s"},
	ChecklistChanged: {English: "Changed a list of tasks", French: "A modifié une liste de tâches"},
	GiftMade:         {English: "A gift was made through %s.", French: "Un cadeau a été offert par %s."},
	PaidMedia:        {English: "Pictures or videos for %d stars", French: "Images ou vidéos pour %d étoiles"},
	PaymentRefunded:  {English: "A payment through %s was refunded.", French: "Un paiement par %s a été remboursé."},
	Giveaway:         {English: "A prize draw (winners: %d)", French: "Un tirage au sort (gagnants : %d)"},
	GiveawayWon:      {English: "Won in the prize draw: %s", French: "Ont gagné au tirage au sort : %s"},
	GiveawayCreated:  {English: "A prize draw was begun.", French: "Un tirage au sort a commencé."},
	GiveawayOver:     {English: "A prize draw has ended (winners: %d).", French: "Un tirage au sort est terminé (gagnants : %d)."},
	PeopleShared:     {English: "Shared these people:", French: "A partagé ces personnes :"},
	ChatShared:       {English: "Shared the chat “%s”", French: "A partagé la conversation « %s »"},
	MayWrite:         {English: "The bot may now write to this contact on %s.", French: "Le bot peut désormais écrire à ce contact sur %s."},
}
