// Package telegram will connect bots of the administration to Matrix. So far it holds what its connector converts texts with:
//
//   - markup_in.go reads Telegram's texts, whose marks are entities counted in UTF-16 units (Bot API, MessageEntity), as Matrix HTML;
//   - markup_out.go writes Matrix HTML as a text with entities, never as one of Telegram's own markups;
//   - split.go cuts what is longer than Telegram takes into parts, and loses nothing.
//
// What comes in is anybody's: offsets are clamped, and links that no app should open are left out.
package telegram
