package govern

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// ServerCreated is the first entry of every log.
type ServerCreated struct {
	Origin string     `json:"origin"`
	Key    string     `json:"key"`  // verifies the log's checkpoints
	Salt   gov.Digest `json:"salt"` // commitment to the salt of requests' digests, see action.digest
}

func (*ServerCreated) name() string { return "server.created" }

func (*ServerCreated) apply(*store.Tx, origin) error { return nil }

// ServerRestored: the log goes on from a backup, under another name, since
// entries that came after the backup may be known elsewhere.
type ServerRestored struct {
	Origin string `json:"origin"`
	Key    string `json:"key"`
	From   string `json:"from"` // the newest checkpoint of the old log that the backup holds
}

func (*ServerRestored) name() string { return "server.restored" }

func (*ServerRestored) apply(*store.Tx, origin) error { return nil }

// Create writes the first entry of a new log.
func (s *Service) Create(ctx context.Context) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if tx.LogSize() != 0 {
			return gov.Errorf(gov.Conflict, "LOG_EXISTS", "the log has begun already")
		}
		commitment, err := newSalt(tx)
		if err != nil {
			return err
		}
		return record(tx, own("server.create"), &ServerCreated{s.key.Origin(), s.key.VerifierKey(), commitment}, nil)
	})
}

// newSalt lays a secret salt beside the log and returns the commitment to it.
func newSalt(tx *store.Tx) (gov.Digest, error) {
	var salt [16]byte
	rand.Read(salt[:])
	commitment := tree.SaltCommitment(salt)
	return commitment, tx.PutSalt(commitment, salt)
}

// requestSalt returns the salt of requests' digests, which the first entry names.
func requestSalt(tx *store.Tx) (salt [16]byte, err error) {
	first, err := line(tx, 0)
	if err != nil {
		return salt, err
	}
	var created ServerCreated
	if err := json.Unmarshal(first.Data, &created); err != nil {
		return salt, err
	}
	return tx.Salt(created.Salt)
}

// Restored writes that the log goes on under another name, after the newest
// checkpoint under the old one.
func (s *Service) Restored(ctx context.Context) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		ev := &ServerRestored{s.key.Origin(), s.key.VerifierKey(), string(tx.Checkpoint())}
		return record(tx, own("server.restore"), ev, nil)
	})
}

// own begins an entry of what the server does of itself.
func own(do gov.Action) *audit.Entry {
	return &audit.Entry{V: 1, Who: gov.System, Do: do, At: gov.Server}
}

// ServerBootstrapped: the first admin is there, with their first token.
type ServerBootstrapped struct {
	Person PersonAdded  `json:"person"`
	Token  TokenCreated `json:"token"`
	Rules  gov.Digest   `json:"rules,omitzero"` // of approval, in force at once; none: those that govd comes with
}

func (*ServerBootstrapped) name() string { return "server.bootstrapped" }

func (e *ServerBootstrapped) apply(tx *store.Tx, o origin) error {
	admin := RoleGranted{e.Person.ID, gov.Admin, gov.Server}
	err := errors.Join(e.Person.apply(tx, o), e.Token.apply(tx, o), admin.apply(tx, o))
	if !e.Rules.IsZero() {
		err = errors.Join(err, tx.PutRuleSet(gov.RuleSet{
			Place: gov.Server, Number: 1, Document: e.Rules, By: e.Person.ID, Proposed: o.time, Entry: o.index, Effective: o.time,
		}))
	}
	return err
}

// Bootstrap is a request to make the first admin.
type Bootstrap struct {
	Name    string
	Secret  gov.Digest // SHA-256 of the secret of the admin's first token
	Expires time.Time
	Rules   []byte // the server's rules of approval; those that govd comes with if empty
}

// Bootstrap makes the first admin, for who holds the bootstrap token. It works once.
func (s *Service) Bootstrap(ctx context.Context, c Call, in Bootstrap) (Done[*ServerBootstrapped], error) {
	if c.Actor.Person != gov.Bootstrap {
		return Done[*ServerBootstrapped]{}, gov.Errorf(gov.Denied, "DENIED", "only the bootstrap token makes the first admin")
	}
	if _, err := gov.ParseName("person", in.Name); err != nil {
		return Done[*ServerBootstrapped]{}, err
	}
	return write(ctx, s, c, action{do: gov.ServerBootstrap, at: gov.Server, args: in}, func(tx *store.Tx) (*ServerBootstrapped, error) {
		if tx.Counter(personCounter) > 0 {
			return nil, gov.Errorf(gov.Conflict, "BOOTSTRAPPED", "this server has its first admin already")
		}
		p, err := newPerson(tx, in.Name, false)
		if err != nil {
			return nil, err
		}
		t, err := newToken(tx, p.ID, CreateToken{Secret: in.Secret, Expires: in.Expires})
		if err != nil {
			return nil, err
		}
		rules, err := firstRules(tx, in.Rules)
		return &ServerBootstrapped{*p, *t, rules}, err
	})
}

// Bootstrapped reports whether the first admin exists.
func (s *Service) Bootstrapped(ctx context.Context) (yes bool, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		yes = tx.Counter(personCounter) > 0
		return nil
	})
	return yes, err
}

// ServerBackedUp: a copy of the store was handed out.
type ServerBackedUp struct {
	Size uint64 `json:"size"` // entries in the copy's log at least
}

func (*ServerBackedUp) name() string { return "server.backed_up" }

func (*ServerBackedUp) apply(*store.Tx, origin) error { return nil }

// Backup records that the caller takes a copy, and writes it to a new file.
func (s *Service) Backup(ctx context.Context, c Call, path string) (Done[*ServerBackedUp], error) {
	done, err := write(ctx, s, c, action{do: gov.ServerBackup, at: gov.Server}, func(tx *store.Tx) (*ServerBackedUp, error) {
		return &ServerBackedUp{tx.LogSize() + 1}, nil
	})
	if err != nil {
		return done, err
	}
	return done, s.store.Backup(ctx, path)
}

// A Status is what the server tells anyone it knows.
type Status struct {
	Person     gov.Person
	Credential gov.Credential
	Grants     []gov.Grant
	LogSize    uint64
	Checkpoint []byte
}

// Status returns who the caller is, what they hold, and where the log is.
func (s *Service) Status(ctx context.Context, c Call) (st Status, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) (err error) {
		if err = proven(tx, c.Actor); err != nil {
			return err
		}
		if st.Person, err = tx.Person(c.Actor.Person); err != nil {
			return err
		}
		if st.Credential, err = tx.Credential(c.Actor.Credential); err != nil {
			return err
		}
		st.Grants, err = take(tx.GrantsOf(c.Actor.Person), maxTally)
		return err
	})
	if err != nil {
		return st, err
	}
	if st.Checkpoint, err = s.Checkpoint(ctx); err != nil {
		return st, err
	}
	head, err := audit.ParseCheckpoint(st.Checkpoint, s.key.VerifierKey())
	st.LogSize = head.Size
	return st, err
}
