/* The strand of engines/common/fork.c: an owner that forks and takes back, and thieves that steal, ask
 * (WANT) and take the privilege back (REVOKE), on a machine with store buffers. With SUSPEND, a
 * strand whose newest fork was stolen may be left to another fiber, which forks at position 0, and be
 * returned to.
 *
 * The owner's plain stores (slots, bottom) lie in a FIFO that `memory` empties at its own pace; a CAS of
 * the owner waits until it is empty, and so does a thief's process-wide barrier. Thieves make no plain
 * stores that matter. A loop that repeats a CAS until it succeeds is one step, of the values at its
 * success. Checked: every fork is run exactly once, and a thief reads the fork that its position holds.
 *
 * Mutants, each of which must be found:
 *   NO_BARRIER     a revoker reads bottom while the owner's last store may be in its buffer
 *   KEEP_REVOKE    the owner's answer to a revoker does not change the word
 *   TWO_REVOKERS   no lock: a second REVOKE is taken for the first one
 *   PLAIN_LOWER    take lowers split by a store of what it has read, not by CAS
 *   SLOT_AFTER     a thief reads the slot after its CAS
 *   LOWER_QUIET    the era does not change when split is lowered
 *   JOIN_QUIET     the era does not change when a stolen fork is joined, or its strand left
 *   BOTTOM_FIRST   a strand that is returned to has its bottom raised before its word
 *   EARLY_LOOK     take reads the word before it lowers bottom */
#ifndef FORKS
#define FORKS 4
#endif
#ifndef DEPTH
#define DEPTH 2
#endif
#ifndef TRIES
#define TRIES 2
#endif
#define BOTTOM 255

/* One word. */
byte tail, split, era;
bool want, revoke;

byte bottom, slot[DEPTH];
bool taken[FORKS + 1], done[FORKS + 1];
bool revoking;

chan buffer = [4] of { byte, byte };

active proctype memory()
{
	byte where, value;
end:
	do
	:: atomic {
		buffer ? where, value ->
		if
		:: where == BOTTOM -> bottom = value
		:: else -> slot[where] = value
		fi;
		where = 0;
		value = 0
	}
	od
}

inline begin(item)
{
	assert(item != 0 && !taken[item]);
	taken[item] = true
}

#define HALF(from, to) ((to > from -> (to - from + 1) / 2 : 0))

inline clear_requests()
{
	want = false;
#ifndef KEEP_REVOKE
	revoke = false
#endif
}

#ifdef KEEP_REVOKE
#define ASKED want
#else
#define ASKED (want || revoke)
#endif

/* ps_fork_publish: a load alone, or a CAS. */
inline publish(top)
{
	if
	:: atomic { !ASKED && top <= split -> skip }
	:: atomic {
		empty(buffer) && (ASKED || top > split) ->
		split = split + HALF(split, top);
		clear_requests()
	}
	fi
}

inline push()
{
	made++;
	own[frame + b] = made;
	buffer ! b, made;
	b++;
	buffer ! BOTTOM, b;
	if
	:: atomic { tail == b - 1 || want || revoke -> skip }; publish(b)
	:: atomic { tail != b - 1 && !want && !revoke -> skip }
	fi
}

/* Whether the newest fork, at position b now, is the owner's. */
inline take_slowly()
{
	publish(b);
#ifdef PLAIN_LOWER
	atomic { t = tail; s = split };
	if
	:: b < t -> mine = false
	:: b >= t && b >= s -> mine = true
	:: b >= t && b < s -> atomic { tail = t; split = t + (b - t) / 2; era++; mine = true }
	fi;
	t = 0;
	s = 0
#else
	if
	:: atomic { b < tail -> mine = false }
	:: atomic { b >= tail && b >= split && !ASKED -> mine = true }
	:: atomic {
		empty(buffer) && b >= tail && (b < split || ASKED) ->
		if
		:: b < split ->
			split = tail + (b - tail) / 2;
#ifndef LOWER_QUIET
			era++
#endif
		:: else
		fi;
		clear_requests();
		mine = true
	}
	fi
#endif
}

inline settle(at)
{
	atomic {
		empty(buffer) ->
		tail = at;
		split = at;
#ifndef JOIN_QUIET
		era++;
#endif
		want = false;
		revoke = false
	}
}

inline joined(at)
{
	buffer ! BOTTOM, at;
	settle(at)
}

inline resume(at)
{
#ifdef BOTTOM_FIRST
	joined(at)
#else
	settle(at);
	buffer ! BOTTOM, at
#endif
}

inline take()
{
#ifdef EARLY_LOOK
	atomic { mine = b - 1 >= split && !want && !revoke };
	b--;
	buffer ! BOTTOM, b;
#else
	b--;
	buffer ! BOTTOM, b;
	atomic { mine = b >= split && !want && !revoke };
#endif
	if
	:: mine
	:: else -> take_slowly()
	fi;
	if
	:: mine -> atomic { begin(own[frame + b]); done[own[frame + b]] = true; mine = false }
	:: else ->
		/* ps_fork_wait */
		if
		:: atomic { done[own[frame + b]] -> skip }; joined(b)
#ifdef SUSPEND
		:: atomic { frame == 0 && !done[own[b]] -> saved = b; frame = DEPTH; b = 0 }; joined(0)
#endif
		fi
	fi
}

active proctype owner()
{
	byte b, made, frame, saved, own[2 * DEPTH];
	bool mine;
#ifdef PLAIN_LOWER
	byte t, s;
#endif
	do
	:: made < FORKS && b < DEPTH -> push()
	:: b > 0 -> take()
#ifdef SUSPEND
	:: atomic { frame > 0 && b == 0 && done[own[saved]] -> frame = 0; b = saved; saved = 0 }; resume(b)
#endif
	:: made == FORKS && b == 0 && frame == 0 -> break
	od;
	atomic {
		byte i;
		for (i : 1 .. FORKS) {
			assert(taken[i])
		}
	}
}

#define SAME (tail == t && split == s && era == e && want == w && revoke == r)

inline take_back()
{
#ifndef TWO_REVOKERS
	atomic {
		won = !revoking;
		revoking = true
	};
#else
	won = true;
#endif
	if
	:: won ->
		atomic {
			t = tail;
			s = split;
			e = era;
			w = want;
			r = revoke
		};
		atomic {
			won = SAME;
			if
			:: won -> revoke = true; r = true
			:: else
			fi
		};
		if
		:: won ->
#ifndef NO_BARRIER
			empty(buffer);
#endif
			seen = bottom;
			atomic {
				if
				:: SAME ->
					split = s + HALF(s, seen);
					want = false;
					revoke = false
				:: else
				fi;
				seen = 0
			}
		:: else
		fi;
		revoking = false
	:: else
	fi
}

proctype thief()
{
	byte t, s, e, item, tries, seen;
	bool w, r, won;
	do
	:: tries < TRIES ->
		atomic {
			tries++;
			t = tail;
			s = split;
			e = era;
			w = want;
			r = revoke
		};
		if
		:: t < s ->
#ifndef SLOT_AFTER
			item = slot[t];
#endif
			atomic {
				won = SAME;
				if
				:: won -> tail++
				:: else -> item = 0
				fi
			};
			if
			:: won ->
#ifdef SLOT_AFTER
				item = slot[t];
#endif
				atomic { begin(item) };
				atomic { done[item] = true; item = 0 }
			:: else
			fi
		:: t >= s && bottom > s ->
			if
			:: atomic {
				!w && !r ->
				if
				:: SAME -> want = true
				:: else
				fi
			}
			:: take_back()
			fi
		:: t >= s && bottom <= s
		fi;
		atomic { t = 0; s = 0; e = 0; w = false; r = false; won = false }
	:: tries == TRIES -> break
	od
}

init { atomic { run thief(); run thief() } }
