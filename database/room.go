package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Room is the room that was made, or is being made, for a portal.
type Room struct {
	Marker string // stands in the room's creation
	ID     string // Matrix room ID; empty until its creation was answered
}

// BeginRoom notes that a room is about to be made for a portal. When one was begun before, that one is returned, and begun
// is false.
func (s *Store) BeginRoom(ctx context.Context, network, portal, marker string) (r Room, begun bool, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		err := s.db.QueryRow(ctx, `SELECT marker, room FROM room WHERE network = $1 AND portal = $2`, network, portal).
			Scan(&r.Marker, &r.ID)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		r, begun = Room{Marker: marker}, true
		_, err = s.db.Exec(ctx, `INSERT INTO room (network, portal, marker, room) VALUES ($1, $2, $3, '')`, network, portal, marker)
		return err
	})
	if err != nil {
		return Room{}, false, fmt.Errorf("note a room: %w", err)
	}
	return r, begun, nil
}

// SetRoom notes the room that a portal has.
func (s *Store) SetRoom(ctx context.Context, network, portal string, r Room) error {
	_, err := s.db.Exec(ctx, `UPDATE room SET marker = $3, room = $4 WHERE network = $1 AND portal = $2`,
		network, portal, r.Marker, r.ID)
	if err != nil {
		return fmt.Errorf("note a room: %w", err)
	}
	return nil
}

// ForgetRoom forgets the room of a portal that is to get a new one.
func (s *Store) ForgetRoom(ctx context.Context, network, portal string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM room WHERE network = $1 AND portal = $2`, network, portal); err != nil {
		return fmt.Errorf("forget a room: %w", err)
	}
	return nil
}
