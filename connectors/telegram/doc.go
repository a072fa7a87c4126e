// Package telegram connects bots of the administration to Matrix: a bridgev2 network connector on the Bot API.
//
// A login is a bot. A member of staff gives the code that BotFather made for it in an encrypted room with the bridge's bot, or the
// administrator names it in the configuration. Whoever writes to the bot, and every group that it is added to, has a room, in which
// the bot's owner is, and whoever else is invited there.
//
// The contract:
//
//   - In: updates are fetched with a long poll, or pushed to a webhook, and sealed into the [portal.Inbox]; only then Telegram is told
//     that they arrived, by the next request (polling.go) or by the answer (webhook.go). [Connector.Deliver] takes each out again,
//     converts it, asks the gate, and returns nil when bridgev2's table holds it. What cannot be shown is replaced by a sentence that
//     says so, never by nothing.
//   - Out: a Matrix event is converted, asks the gate, and is sent. The Bot API has no key by which sending again is no second
//     message: what is about to be sent is noted before, and who wrote it is told when nobody knows whether it arrived (sending.go).
//   - A file is fetched whole before the gate decides about it, and sent on after (files.go). What is larger than bots may fetch or
//     send is told of.
//   - Nothing is sent faster than Telegram takes it: it waits where its sender sees it (pace.go).
//   - People are known by Telegram's number, whatever the bot. A chat has a room for each bot (ids.go).
//   - A group is one room: also when it becomes a supergroup, which is another chat (migration.go), and with all its topics, which are
//     threads (topic.go). What staff change in the room changes the group, as far as Telegram lets the bot (group_out.go).
//   - A bot's token is in no error and no log (api.go). In the database it is sealed.
//   - A bot cannot write first: contacts come by links that lead them to staff (startlink.go). For its owner's own account, and nobody
//     else's, a bot can act (business.go).
//   - What a bot cannot do is done in words: a vote goes out as a text, by name (vote.go). What Matrix has no kind for is told (kinds.go).
//
// Conversion is pure: inbound.go and outbound.go choose, markup_in.go, markup_out.go and split.go convert texts, media_in.go and
// media_out.go files, and each further kind has a file of its own. An [account] owns what runs for one bot.
package telegram
