package say

// The sentences about the kinds of messages. What the placeholders stand for is said beside each.
const (
	Forwarded            Sentence = "forwarded"              //
	ForwardedOften       Sentence = "forwarded-often"        //
	ForwardedFromChannel Sentence = "forwarded-from-channel" // channel
	ViewOnce             Sentence = "view-once"              //
	Location             Sentence = "location"               //
	LiveLocation         Sentence = "live-location"          // network
	PollResults          Sentence = "poll-results"           // question
	PollResult           Sentence = "poll-result"            // answer, number of votes
	PollNotPossible      Sentence = "poll-not-possible"      // network
	VoteOnPhone          Sentence = "vote-on-phone"          // network
	Appointment          Sentence = "appointment"            // name
	AppointmentCancelled Sentence = "appointment-cancelled"  // name
	Starts               Sentence = "starts"                 // time
	Ends                 Sentence = "ends"                   // time
	Place                Sentence = "place"                  // place
	Link                 Sentence = "link"                   // address
	Lasted               Sentence = "lasted"                 // duration
	ValidUntil           Sentence = "valid-until"            // time
	AnswerOnPhone        Sentence = "answer-on-phone"        // network
	DetailsOnPhone       Sentence = "details-on-phone"       // network
	Order                Sentence = "order"                  // title, number of items
	Product              Sentence = "product"                // title
	Price                Sentence = "price"                  // amount
	Invoice              Sentence = "invoice"                //
	GroupInvitation      Sentence = "group-invitation"       // group
	ChannelInvitation    Sentence = "channel-invitation"     // channel
	PhoneNumberRequest   Sentence = "phone-number-request"   //
	StickerPack          Sentence = "sticker-pack"           // name
	VoiceCall            Sentence = "voice-call"             //
	VideoCall            Sentence = "video-call"             //
	MissedCall           Sentence = "missed-call"            //
	MissedVideoCall      Sentence = "missed-video-call"      //
	PlannedCall          Sentence = "planned-call"           // title
	PlannedCallCancelled Sentence = "planned-call-cancelled" //
	Calling              Sentence = "calling"                // network
	PaymentSent          Sentence = "payment-sent"           // network
	PaymentRequested     Sentence = "payment-requested"      // network
	PaymentDeclined      Sentence = "payment-declined"       // network
	PaymentCancelled     Sentence = "payment-cancelled"      // network
	PaymentOther         Sentence = "payment-other"          // network
)

var aboutKinds = map[Sentence]map[Language]string{
	Forwarded:            {English: "Forwarded", French: "Transféré"},
	ForwardedOften:       {English: "Forwarded many times", French: "Transféré de nombreuses fois"},
	ForwardedFromChannel: {English: "Forwarded from the channel “%s”", French: "Transféré depuis la chaîne « %s »"},
	ViewOnce:             {English: "Meant to be viewed once", French: "À ne voir qu’une fois"},
	Location:             {English: "Location", French: "Position"},
	PollResults:          {English: "Poll results: %s", French: "Résultats du sondage : %s"},
	PollResult:           {English: "%s: %d", French: "%s : %d"},
	Appointment:          {English: "Appointment: %s", French: "Rendez-vous : %s"},
	AppointmentCancelled: {English: "Appointment cancelled: %s", French: "Rendez-vous annulé : %s"},
	Starts:               {English: "Starts: %s", French: "Début : %s"},
	Ends:                 {English: "Ends: %s", French: "Fin : %s"},
	Place:                {English: "Place: %s", French: "Lieu : %s"},
	Link:                 {English: "Link: %s", French: "Lien : %s"},
	Lasted:               {English: "Duration: %s", French: "Durée : %s"},
	ValidUntil:           {English: "Valid until: %s", French: "Valable jusqu’au : %s"},
	Order:                {English: "Order: %s (items: %d)", French: "Commande : %s (articles : %d)"},
	Product:              {English: "Product: %s", French: "Produit : %s"},
	Price:                {English: "Price: %s", French: "Prix : %s"},
	Invoice:              {English: "Invoice", French: "Facture"},
	GroupInvitation:      {English: "Invitation to the group “%s”", French: "Invitation au groupe « %s »"},
	ChannelInvitation:    {English: "Invitation to the channel “%s”", French: "Invitation à la chaîne « %s »"},
	PhoneNumberRequest:   {English: "I am asking for your phone number.", French: "Je vous demande votre numéro de téléphone."},
	StickerPack:          {English: "Stickers: %s", French: "Stickers : %s"},
	VoiceCall:            {English: "Voice call", French: "Appel vocal"},
	VideoCall:            {English: "Video call", French: "Appel vidéo"},
	MissedCall:           {English: "Missed voice call", French: "Appel vocal manqué"},
	MissedVideoCall:      {English: "Missed video call", French: "Appel vidéo manqué"},
	PlannedCall:          {English: "Planned call: %s", French: "Appel prévu : %s"},
	PlannedCallCancelled: {English: "A planned call was cancelled.", French: "Un appel prévu a été annulé."},
	Calling: {
		English: "A call. Open %s on the phone to take it.",
		French:  "Un appel. Ouvrez %s sur le téléphone pour y répondre.",
	},
	LiveLocation: {
		English: "Live location. Open %s on the phone to follow it.",
		French:  "Position en direct. Ouvrez %s sur le téléphone pour la suivre.",
	},
	PollNotPossible: {
		English: "A poll on %s has a question and 2 to 12 different answers. Yours was not sent.",
		French:  "Un sondage sur %s comporte une question et 2 à 12 réponses différentes. Le vôtre n’a pas été envoyé.",
	},
	VoteOnPhone: {
		English: "Your vote was not sent: only the phone can vote in this poll. Open %s there.",
		French:  "Votre vote n’a pas été envoyé : seul le téléphone peut voter dans ce sondage. Ouvrez-y %s.",
	},
	AnswerOnPhone: {
		English: "To answer, open %s on the phone.",
		French:  "Pour répondre, ouvrez %s sur le téléphone.",
	},
	DetailsOnPhone: {
		English: "For the details, open %s on the phone.",
		French:  "Pour les détails, ouvrez %s sur le téléphone.",
	},
	PaymentSent:      {English: "A payment was sent through %s.", French: "Un paiement a été envoyé par %s."},
	PaymentRequested: {English: "A payment is requested through %s.", French: "Un paiement est demandé par %s."},
	PaymentDeclined:  {English: "A request for payment through %s was declined.", French: "Une demande de paiement par %s a été refusée."},
	PaymentCancelled: {English: "A request for payment through %s was cancelled.", French: "Une demande de paiement par %s a été annulée."},
	PaymentOther:     {English: "A message about a payment through %s.", French: "Un message au sujet d’un paiement par %s."},
}
