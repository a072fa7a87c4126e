package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/connectors/telegram"
	"passerelle/connectors/whatsapp"
	"passerelle/portal"
)

// connect makes a network's connector from its settings. It validates them; it does not connect.
type connect func(settings config.Network) (func(portal.Border) (bridgev2.NetworkConnector, error), error)

// networks are the networks that this program knows.
var networks = map[string]connect{
	"telegram": connectTelegram,
	"whatsapp": connectWhatsApp,
}

// titles are what people call the networks.
var titles = map[string]string{"telegram": "Telegram", "whatsapp": "WhatsApp"}

// shortNames are what commands may be written behind, in the place of the whole name.
var shortNames = map[string]string{"telegram": "tg", "whatsapp": "wa"}

func connectWhatsApp(settings config.Network) (func(portal.Border) (bridgev2.NetworkConnector, error), error) {
	options := whatsapp.DefaultOptions()
	if err := settings.Decode(&options); err != nil {
		return nil, err
	}
	if err := options.Validate(); err != nil {
		return nil, err
	}
	return func(border portal.Border) (bridgev2.NetworkConnector, error) {
		return whatsapp.New(options, border)
	}, nil
}

func connectTelegram(settings config.Network) (func(portal.Border) (bridgev2.NetworkConnector, error), error) {
	options := telegram.DefaultOptions()
	if err := settings.Decode(&options); err != nil {
		return nil, err
	}
	if err := options.Validate(); err != nil {
		return nil, err
	}
	return func(border portal.Border) (bridgev2.NetworkConnector, error) {
		return telegram.New(options, border)
	}, nil
}

// configured returns the networks of a configuration, in the order of their names.
func configured(c *config.Config) ([]bridge.Network, error) {
	var list []bridge.Network
	for _, name := range slices.Sorted(maps.Keys(c.Networks)) {
		make, known := networks[name]
		if !known {
			return nil, fmt.Errorf("networks.%s: not known; choose one of %s", name, strings.Join(networkNames(), ", "))
		}
		settings := c.Networks[name]
		connect, err := make(settings)
		if err != nil {
			return nil, fmt.Errorf("networks.%s: %w", name, err)
		}
		list = append(list, bridge.Network{
			Name: name, Short: shortNames[name], ASToken: settings.ASToken, HSToken: settings.HSToken, Connect: connect,
		})
	}
	return list, nil
}

func networkNames() []string { return slices.Sorted(maps.Keys(networks)) }
