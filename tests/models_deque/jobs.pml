/* The ring of engines/common/job_ring.c with a sleeper: an owner that pushes, fills and pops, and two
 * thieves that take half at once, sleep when there is nothing, and are woken. CAP slots, JOBS jobs.
 *
 * The owner's plain stores (slots) and its tail lie in a FIFO that `memory` empties at its own pace; a
 * seq_cst store waits until it is empty. The owner may stay inside a job for good.
 *
 * Checked: every job is taken once, and by whoever won its index; when nothing moves any more and a job
 * is left, nobody sleeps.
 *
 * Mutants, each of which must be found:
 *   BUFFERED_TAIL   push stores tail without seq_cst: the pusher looks for sleepers too early
 *   LOOK_FIRST      a sleeper looks at the ring before it announces itself
 *   POP_WITHOUT_CAS the owner takes the oldest by a store
 *   SLOT_AFTER_CAS  a thief reads slots that the owner may have used again
 *   FULL_BY_ONE     push overwrites a slot that is still in use
 *   PUBLISH_FIRST   push moves tail before it fills the slot
 *   ONLY_IF_EMPTY   the pusher looks for sleepers only if the ring was empty when it looked at head */
#define CAP     3
#ifndef JOBS
#define JOBS    4
#endif
#define TAIL    255
#define THIEVES 2

byte head, tail;
byte slot[CAP];
bool taken[JOBS + 1];
byte made;
byte sleepers;
bool asleep[THIEVES];
byte wakes[THIEVES];

chan buffer = [4] of { byte, byte };

active proctype memory()
{
	byte where, value;
end:
	do
	:: atomic {
		buffer ? where, value ->
		if
		:: where == TAIL -> tail = value
		:: else -> slot[where] = value
		fi;
		where = 0;
		value = 0
	}
	od
}

inline take(job)
{
	assert(job != 0 && !taken[job]);
	taken[job] = true
}

/* The pusher looks for sleepers; the claim is made under a lock. */
inline notify()
{
	if
	:: sleepers == 0
	:: sleepers > 0 ->
		atomic {
			if
			:: asleep[0] -> asleep[0] = false; sleepers--; wakes[0]++
			:: !asleep[0] && asleep[1] -> asleep[1] = false; sleepers--; wakes[1]++
			:: else
			fi
		}
	fi
}

inline put(index)
{
	made++;
	own[(index) % CAP] = made;
	buffer ! (index) % CAP, made
}

inline push()
{
	/* The last look at head may be old: thieves only make room. */
	if
#ifdef FULL_BY_ONE
	:: t - seen <= CAP -> skip
	:: t - seen > CAP -> seen = head
#else
	:: t - seen < CAP -> skip
	:: t - seen == CAP -> seen = head
#endif
	fi;
	if
#ifdef FULL_BY_ONE
	:: t - seen <= CAP ->
#else
	:: t - seen < CAP ->
#endif
#ifdef ONLY_IF_EMPTY
		empty_before = head == t;
#endif
#ifdef PUBLISH_FIRST
		buffer ! TAIL, t + 1;
		put(t);
		empty(buffer);
#else
		put(t);
		buffer ! TAIL, t + 1;
#ifndef BUFFERED_TAIL
		empty(buffer);
#endif
#endif
		t++;
#ifdef ONLY_IF_EMPTY
		if
		:: empty_before -> notify()
		:: else
		fi
#else
		notify()
#endif
	:: else
	fi
}

/* A batch into an empty ring. */
inline fill()
{
	put(t);
	put(t + 1);
	buffer ! TAIL, t + 2;
	empty(buffer);
	t = t + 2;
	notify()
}

inline pop()
{
	h = head;
	if
	:: h != t ->
		job = own[h % CAP];
#ifdef POP_WITHOUT_CAS
		atomic { take(job); head = h + 1 }
#else
		atomic {
			empty(buffer);
			if
			:: head == h -> head = h + 1; take(job)
			:: else
			fi
		}
#endif
	:: else
	fi;
	h = 0;
	job = 0
}

active proctype owner()
{
	byte t, h, seen, job, own[CAP];
#ifdef ONLY_IF_EMPTY
	bool empty_before;
#endif
	do
	:: made < JOBS -> push()
	:: made + 1 < JOBS && head == t -> fill()
	:: made > 0 -> pop()
	:: true -> false /* inside a job */
	:: made == JOBS && head == t -> break
	od;
	for (job : 1 .. JOBS) {
		assert(taken[job])
	}
}

proctype thief(byte me)
{
	byte h, t, one, two, count, ticket;
	do
	:: true ->
		ticket = wakes[me];
		h = head;
		t = tail;
		count = (t > h && t - h <= CAP -> (t - h + 1) / 2 : 0);
		if
		:: count > 0 ->
#ifndef SLOT_AFTER_CAS
			one = slot[h % CAP];
			two = (count > 1 -> slot[(h + 1) % CAP] : 0);
			atomic {
				if
				:: head == h ->
					head = h + count;
					take(one);
					if
					:: count > 1 -> take(two)
					:: else
					fi
				:: else
				fi
			}
#else
			atomic {
				if
				:: head == h -> head = h + count
				:: else -> count = 0
				fi
			};
			if
			:: count > 0 -> atomic { one = slot[h % CAP]; take(one) }
			:: else
			fi;
			if
			:: count > 1 -> atomic { two = slot[(h + 1) % CAP]; take(two) }
			:: else
			fi
#endif
		:: else ->
#ifdef LOOK_FIRST
			t = tail;
			h = head;
			atomic { asleep[me] = true; sleepers++ };
#else
			atomic { asleep[me] = true; sleepers++ };
			h = head;
			t = tail;
#endif
			if
			:: h != t
			:: h == t -> wakes[me] != ticket
			fi;
			atomic {
				if
				:: asleep[me] -> asleep[me] = false; sleepers--
				:: else
				fi
			}
		fi;
		atomic { h = 0; t = 0; one = 0; two = 0; count = 0; ticket = 0 }
	od
}

active proctype monitor()
{
	timeout -> assert(head == tail || sleepers == 0)
}

init { atomic { run thief(0); run thief(1) } }
