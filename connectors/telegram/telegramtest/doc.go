// Package telegramtest simulates Telegram as bots see it: a Bot API server, and the people, groups, channels and business
// accounts behind it. It is written from the Bot API's documentation (core.telegram.org/bots/api) and shares no code with
// any client library.
//
//	server := telegramtest.NewServer(t)
//	bot := server.MustAddBot("Service", "service_bot")
//	amina := server.MustAddPerson("Amina", "amina")
//	amina.Send(bot.ID(), "Bonjour") // now getUpdates gives it to the bot whose token is bot.Token()
//	amina.WaitForText(ctx, "Bonsoir")
//
// What holds:
//   - Bots reach it at [Server.URL]/bot<token>/<method> with parameters in the query, as a form, as multipart or as JSON, and
//     files at /file/bot<token>/<path>. A wrong token gets 401, an unknown method 404; [NewServer] fails the test that
//     called one.
//   - Updates are kept until a later offset confirms them, at most 24 hours, and only of the kinds in allowed_updates, which
//     stay as the last call set them. A second getUpdates ends the first with 409. With a webhook they are pushed in order, with
//     the secret in its header, until they are answered with 2xx.
//   - Texts are counted in UTF-16 units: 4,096 for a text, 1,024 for a caption. Entities out of their text or not nested are
//     refused.
//   - In groups a bot in privacy mode sees commands, answers to itself and service messages, an administrator everything; no bot
//     sees what other bots write.
//   - Nothing sleeps but what a caller asked to wait for: [Server.Advance] moves the clock, by which updates grow old, the
//     business window closes and messages can no longer be deleted.
//   - [Server.Close] ends every goroutine and connection that the server started, and waits for them.
//
// Limits: no MTProto, inline mode, payments, passport, games' scores or web apps; stories, gifts and invoices are sent as a test writes them; no parse_mode, which gets an
// error; nobody is banned for what they do, and limits of speed hold only where a test sets them ([Fault], [Server.Limit]).
// Passing here shows that a client accepts the server, not that Telegram would accept the client.
package telegramtest
