// Package bridgetest is the world around a bridge.
package bridgetest
