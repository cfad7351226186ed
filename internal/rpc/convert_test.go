package rpc_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// TestTranslationsLoseNothing: every field of a word comes back from its message.
func TestTranslationsLoseNothing(t *testing.T) {
	var r gov.Record
	govtest.Fill(&r)
	got := rpc.RecordFromProto(over(t, rpc.RecordToProto(&r)))
	if got.Salt != [16]byte{} {
		t.Error("the salt comes from a client")
	}
	got.Salt = r.Salt
	if d := cmp.Diff(&r, got); d != "" {
		t.Errorf("record (-was +is)\n%s", d)
	}
	var x gov.Taxonomy
	govtest.Fill(&x)
	if d := cmp.Diff(&x, rpc.TaxonomyFromProto(over(t, rpc.TaxonomyToProto(&x)))); d != "" {
		t.Errorf("taxonomy (-was +is)\n%s", d)
	}
	for _, want := range []time.Time{{}, govtest.Noon} {
		if got, err := rpc.TimeFromProto(rpc.TimeToProto(want)); err != nil || !got.Equal(want) {
			t.Errorf("time %v became %v, %v", want, got, err)
		}
	}
}

// over sends a message over the wire.
func over[M proto.Message](t *testing.T, m M) M {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again := m.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestNothingBecomesNothing: what is not there is not made up on the way.
func TestNothingBecomesNothing(t *testing.T) {
	r := &gov.Record{Key: "k", Content: gov.Digest{1}, Labels: []gov.Label{{ID: "1", Name: "fist"}}}
	if d := cmp.Diff(r, rpc.RecordFromProto(over(t, rpc.RecordToProto(r)))); d != "" {
		t.Errorf("record (-was +is)\n%s", d)
	}
	if rpc.RecordToProto(nil) != nil || rpc.TaxonomyToProto(nil) != nil || rpc.TaxonomyFromProto(nil) != nil || rpc.VersionToProto(govern.VersionInfo{}) != nil {
		t.Error("something came of nothing")
	}
}

// TestMessagesAreFull: no field of a message is forgotten when it is made of a
// word whose fields are all set.
func TestMessagesAreFull(t *testing.T) {
	var p gov.Person
	var c gov.Credential
	var v govern.VersionInfo
	var d gov.Dataset
	var r gov.Record
	for _, word := range []any{&p, &c, &v, &d, &r} {
		govtest.Fill(word)
	}
	p.ID = "sa:8"
	full(t, rpc.PersonToProto(p))
	full(t, rpc.CredentialToProto(c, "bob"))
	full(t, rpc.VersionToProto(v))
	full(t, rpc.DatasetToProto(d), "taxonomy") // it is a document of its own
	full(t, rpc.RecordToProto(&r))
}

// full reports fields of a message, and of those within, that are not set.
func full(t *testing.T, m proto.Message, but ...protoreflect.Name) {
	t.Helper()
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch has := m.ProtoReflect().Has(f); {
		case !has && len(but) > 0 && but[0] == f.Name():
		case !has:
			t.Errorf("%s is not set", f.FullName())
		case f.Message() != nil && !f.IsList() && !f.IsMap():
			if f.Message().FullName() != "google.protobuf.Timestamp" {
				full(t, m.ProtoReflect().Get(f).Message().Interface())
			}
		}
	}
}

// TestStrangeMessagesAreRefused: what a translation cannot say becomes what the
// gate refuses, never something else that is right.
func TestStrangeMessagesAreRefused(t *testing.T) {
	good := func() *v1.Record {
		return rpc.RecordToProto(&gov.Record{Key: "k", Content: gov.Digest{1}, Labels: []gov.Label{{ID: "1", Name: "fist", Geometry: &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{1, 2, 3, 4}}}}}})
	}
	if err := rpc.RecordFromProto(good()).Check(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 31, 33, 64} {
		m := good()
		m.Content = bytes.Repeat([]byte{7}, n)
		if err := rpc.RecordFromProto(m).Check(); gov.ReasonOf(err) != "BAD_RECORD" {
			t.Errorf("content of %d bytes: %v", n, err)
		}
	}
	for _, kind := range []v1.GeometryKind{0, 6, 255, 256, 257, -1, -255} {
		m := good()
		m.Labels[0].Geometry.Kind = kind
		if err := rpc.RecordFromProto(m).Check(); gov.ReasonOf(err) != "BAD_RECORD" {
			t.Errorf("geometry of kind %d: %v", kind, err)
		}
	}
	for _, since := range []uint32{6, 255, 256, 257, 1 << 31} {
		x := rpc.TaxonomyFromProto(&v1.Taxonomy{Labels: []*v1.TaxonomyLabel{{Name: "fist", Since: since}}})
		if err := x.Check(); gov.ReasonOf(err) != "BAD_TAXONOMY" {
			t.Errorf("a label since stage %d: %v", since, err)
		}
	}
	for _, at := range []*timestamppb.Timestamp{{Seconds: 1 << 40}, {Seconds: -1 << 40}, {Nanos: -1}, {Nanos: 1e9}} {
		if _, err := rpc.TimeFromProto(at); gov.ReasonOf(err) != "BAD_TIME" {
			t.Errorf("time %v: %v", at, err)
		}
	}
}
