package bus

import "testing"

// A stop comes while a renewal is under way: the server has it, and its answer is lost.
func TestALeaseWhoseRenewalIsUnconfirmedIsGivenUp(t *testing.T) {
	t.Parallel()
	b := opened(t, embeddedConfig(t))
	mine, err := newLease(t.Context(), b, "work", b.log)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := mine.take(t.Context()); !ok {
		t.Fatalf("take = %v, %v", ok, err)
	}
	if _, err := mine.kv.Update(t.Context(), "work", mine.value, mine.revision); err != nil {
		t.Fatal(err)
	}
	mine.release()
	other, err := newLease(t.Context(), b, "work", b.log)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := other.take(t.Context()); !ok || err != nil {
		t.Errorf("take by another one = %v, %v, want it at once", ok, err)
	}
	mine.release() // which is no longer its
	if held, err := other.renew(t.Context()); !held || err != nil {
		t.Errorf("after the first one gave it up again, renew = %v, %v; want it kept", held, err)
	}
}
