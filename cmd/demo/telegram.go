//go:build goolm

package main

import (
	"context"
	"strings"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
)

// telegram is the part of the conversation that is on the second network.
func (s *scene) telegram(ctx context.Context) error {
	bot, err := s.networks.telegram.AddBot("Guichet", "guichet_bot")
	if err != nil {
		return err
	}
	nadia, err := s.networks.telegram.AddPerson("Nadia", "nadia")
	if err != nil {
		return err
	}
	s.line(ctx, "Claire → bot", "connects @guichet_bot with its code", func(ctx context.Context) error {
		desk, err := s.opensChat(ctx, "telegram")
		if err != nil {
			return err
		}
		return s.connects(ctx, desk, bot)
	})
	const question = "Bonjour, quels papiers pour un passeport ?"
	var room id.RoomID
	s.line(ctx, "Nadia → Claire", question, func(ctx context.Context) error {
		if _, err := nadia.Send(bot.ID(), question); err != nil {
			return err
		}
		h, err := s.heard(ctx, question)
		room = h.Room
		return err
	})
	const answer = "Bonjour Nadia. Une photo et un acte de naissance."
	s.line(ctx, "Claire → Nadia", answer, func(ctx context.Context) error {
		if _, err := s.claire.Says(ctx, room, answer); err != nil {
			return err
		}
		_, err := nadia.WaitForText(ctx, answer)
		return err
	})
	return nil
}

// connects gives the bridge's bot the code of a bot of Telegram's.
func (s *scene) connects(ctx context.Context, desk id.RoomID, bot *telegramtest.Bot) error {
	says := func(words string) func(bridgetest.Heard) bool {
		return func(h bridgetest.Heard) bool { return h.Room == desk && strings.Contains(h.Text, words) }
	}
	if _, err := s.claire.Says(ctx, desk, "login"); err != nil {
		return err
	}
	if _, err := s.claire.Waits(ctx, "the question for the code", says("@BotFather")); err != nil {
		return err
	}
	if _, err := s.claire.Says(ctx, desk, bot.Token()); err != nil {
		return err
	}
	_, err := s.claire.Waits(ctx, "the end of the login", says("connected to Telegram"))
	return err
}
