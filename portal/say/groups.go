package say

// The sentences about groups. What the placeholders stand for is said beside each.
const (
	GroupAdminsOnly     Sentence = "group-admins-only"     // network
	GroupLeft           Sentence = "group-left"            // network
	GroupNotChanged     Sentence = "group-not-changed"     // network
	GroupRefused        Sentence = "group-refused"         // network
	GroupNameRefused    Sentence = "group-name-refused"    // network
	GroupPictureRefused Sentence = "group-picture-refused" // network
	GroupPrivacy        Sentence = "group-privacy"         // name, beginning of commands
	GroupNobody         Sentence = "group-nobody"          // name, network
	GroupNotMade        Sentence = "group-not-made"        // network
	NoGroup             Sentence = "no-group"              // network
	GroupAsks           Sentence = "group-asks"            // name, beginning of commands twice
	GroupWaiting        Sentence = "group-waiting"         // names
	GroupNobodyWaits    Sentence = "group-nobody-waits"    //
	GroupLetIn          Sentence = "group-let-in"          // names
	GroupTurnedDown     Sentence = "group-turned-down"     // names
	GroupLink           Sentence = "group-link"            // link
	GroupNewLink        Sentence = "group-new-link"        // link
	GroupLinkMissing    Sentence = "group-link-missing"    // beginning of commands
	GroupLinkWrong      Sentence = "group-link-wrong"      //
	GroupLinkRevoked    Sentence = "group-link-revoked"    //
	GroupJoined         Sentence = "group-joined"          // name
	GroupJoinAsked      Sentence = "group-join-asked"      //
	GroupAlreadyIn      Sentence = "group-already-in"      //
	HelpInviteLink      Sentence = "help-invite-link"      //
	HelpJoin            Sentence = "help-join"             //
	HelpRequests        Sentence = "help-requests"         //
	HelpApprove         Sentence = "help-approve"          //
	HelpReject          Sentence = "help-reject"           //
	SectionGroups       Sentence = "section-groups"        //
	ArgLink             Sentence = "arg-link"              //
	ArgMaybeName        Sentence = "arg-maybe-name"        //
)

var aboutGroups = map[Sentence]map[Language]string{
	GroupAdminsOnly: {
		English: "%s did not allow this: only the group’s admins may do it. Ask one of them.",
		French:  "%s ne l’a pas permis : seuls les administrateurs du groupe peuvent le faire. Demandez à l’un d’eux.",
	},
	GroupLeft: {
		English: "You are not in this group on %s, so nothing was changed there. Ask one of its members for an invitation.",
		French:  "Vous n’êtes pas dans ce groupe sur %s : rien n’y a été modifié. Demandez une invitation à l’un de ses membres.",
	},
	GroupNotChanged: {
		English: "The change did not reach %s. Make it again.",
		French:  "La modification n’est pas parvenue à %s. Refaites-la.",
	},
	GroupRefused: {
		English: "%s refused this change. Look at what you entered, or try again later.",
		French:  "%s a refusé cette modification. Vérifiez votre saisie ou réessayez plus tard.",
	},
	GroupNameRefused: {
		English: "%s did not take this name. Choose a shorter one.",
		French:  "%s n’a pas accepté ce nom. Choisissez-en un plus court.",
	},
	GroupPictureRefused: {
		English: "%s did not take this picture. Choose a JPEG or PNG picture.",
		French:  "%s n’a pas accepté cette image. Choisissez une image JPEG ou PNG.",
	},
	GroupPrivacy: {
		English: "%s does not let you add them to groups. Write “%s invite-link” in the group’s room, and send them the link.",
		French:  "%s ne vous permet pas de l’ajouter à des groupes. Écrivez « %s invite-link » dans le salon du groupe et envoyez-lui le lien.",
	},
	GroupNobody: {
		English: "%s cannot be found on %s, or not in this group. Look at the list of members.",
		French:  "%s est introuvable sur %s, ou n’est pas dans ce groupe. Consultez la liste des membres.",
	},
	GroupNotMade: {
		English: "The group was not made on %s. Try again.",
		French:  "Le groupe n’a pas été créé sur %s. Réessayez.",
	},
	NoGroup: {
		English: "This can only be done in the room of a %s group.",
		French:  "Cela n’est possible que dans le salon d’un groupe %s.",
	},
	GroupAsks: {
		English: "%s asks to join this group. Write “%s approve” to let them in, or “%s reject” to turn them down.",
		French:  "%s demande à rejoindre ce groupe. Écrivez « %s approve » pour accepter ou « %s reject » pour refuser.",
	},
	GroupWaiting:     {English: "Waiting to be let in: %s.", French: "En attente d’acceptation : %s."},
	GroupNobodyWaits: {English: "Nobody of that name waits to be let in.", French: "Personne de ce nom n’attend d’être accepté."},
	GroupLetIn:       {English: "Let in: %s.", French: "Acceptés : %s."},
	GroupTurnedDown:  {English: "Turned down: %s.", French: "Refusés : %s."},
	GroupLink: {
		English: "Who follows this link can join the group: %s",
		French:  "Ce lien permet de rejoindre le groupe : %s",
	},
	GroupNewLink: {
		English: "The old link no longer works. Who follows this one can join the group: %s",
		French:  "L’ancien lien ne fonctionne plus. Celui-ci permet de rejoindre le groupe : %s",
	},
	GroupLinkMissing: {
		English: "Write the group’s link behind the command: “%s join https://chat.whatsapp.com/…”.",
		French:  "Écrivez le lien du groupe après la commande : « %s join https://chat.whatsapp.com/… ».",
	},
	GroupLinkWrong: {
		English: "This is no link to a group. Copy it whole, and try again.",
		French:  "Ce lien ne mène à aucun groupe. Copiez-le en entier et réessayez.",
	},
	GroupLinkRevoked: {
		English: "This link no longer works. Ask for a new one.",
		French:  "Ce lien ne fonctionne plus. Demandez-en un nouveau.",
	},
	GroupJoined:    {English: "You are in the group “%s”.", French: "Vous êtes dans le groupe « %s »."},
	GroupJoinAsked: {English: "An admin of the group has to let you in. You will be in once they did.", French: "Un administrateur du groupe doit vous accepter. Vous y serez dès que ce sera fait."},
	GroupAlreadyIn: {English: "You are in this group already.", French: "Vous êtes déjà dans ce groupe."},
	HelpInviteLink: {English: "Show the link that lets people join this group; with “new”, replace it", French: "Afficher le lien qui permet de rejoindre ce groupe ; avec « new », le remplacer"},
	HelpJoin:       {English: "Join a group by its link", French: "Rejoindre un groupe par son lien"},
	HelpRequests:   {English: "Show who waits to be let into this group", French: "Afficher qui attend d’être accepté dans ce groupe"},
	HelpApprove:    {English: "Let in who waits: everybody, or those who are named", French: "Accepter qui attend : tous, ou ceux qui sont nommés"},
	HelpReject:     {English: "Turn down who waits: everybody, or those who are named", French: "Refuser qui attend : tous, ou ceux qui sont nommés"},
	SectionGroups:  {English: "Groups", French: "Groupes"},
	ArgLink:        {English: "<link>", French: "<lien>"},
	ArgMaybeName:   {English: "[name]", French: "[nom]"},
}
