/* The deque of engines/threadpool/deque.c on a machine with store buffers (x86-TSO).
 *
 * One owner, two thieves, CAP slots, TASKS tasks. Only the owner makes plain stores, so it alone has a
 * buffer: a FIFO that `memory` empties at its own pace. A seq_cst store waits until it is empty; a CAS
 * is made on empty buffers too. Checked: every task is taken exactly once.
 *
 * Mutants, each of which must be found:
 *   POP_WITHOUT_SC    the owner reads top while its new bottom is still in the buffer
 *   POP_WITHOUT_CAS   the owner takes the last task without deciding the race for it
 *   SLOT_AFTER_CAS    a thief reads the slot when the owner may already have used it again
 *   FULL_BY_ONE       push overwrites a slot that is still in use
 *   PUBLISH_FIRST     push moves bottom before it fills the slot */
#define CAP   2
#define TASKS 4
#define POPS  2
#define TRIES 2
#define BOTTOM 255

byte top = 1, bottom = 1;
byte slot[CAP];
bool taken[TASKS + 1];
byte made;

chan buffer = [3] of { byte, byte };

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

inline store(where, value) { buffer ! where, value }
inline fence() { empty(buffer) }

inline take(task)
{
	assert(task != 0 && !taken[task]);
	taken[task] = true
}

/* The owner knows its bottom, and reads slots through its buffer. */
byte own[CAP];

inline push()
{
	t = top;
#ifdef FULL_BY_ONE
	if
	:: b - t <= CAP ->
#else
	if
	:: b - t < CAP ->
#endif
		made++;
		own[b % CAP] = made;
#ifdef PUBLISH_FIRST
		store(BOTTOM, b + 1);
		store(b % CAP, made);
		fence();
#else
		store(b % CAP, made);
		store(BOTTOM, b + 1);
		fence();
#endif
		b++
	:: else
	fi
}

inline pop()
{
	b--;
	store(BOTTOM, b);
#ifndef POP_WITHOUT_SC
	fence();
#endif
	t = top;
	if
	:: t < b -> atomic { take(own[b % CAP]) }
	:: t == b ->
#ifdef POP_WITHOUT_CAS
		atomic { take(own[b % CAP]); top = b + 1 };
#else
		atomic {
			fence();
			if
			:: top == b -> top = b + 1; take(own[b % CAP])
			:: else
			fi
		};
#endif
		b++;
		store(BOTTOM, b)
	:: t > b ->
		b++;
		store(BOTTOM, b)
	fi
}

active proctype owner()
{
	byte b = 1, t, pops = 0;
	do
	:: made < TASKS -> push()
	:: pops < POPS -> pops++; pop()
	:: made == TASKS -> break
	od;
	/* What is left. A pop that gets nothing has seen it empty, or lost the last task to a thief. */
	do
	:: atomic { empty(buffer) && top < b } -> pop()
	:: atomic { empty(buffer) && top >= b } -> break
	od;
	byte task;
	for (task : 1 .. TASKS) {
		assert(taken[task])
	}
}

proctype thief()
{
	byte t, b, task, tries = 0;
	do
	:: tries < TRIES ->
		tries++;
		t = top;
		b = bottom;
		if
		:: t < b ->
#ifndef SLOT_AFTER_CAS
			task = slot[t % CAP];
			atomic {
				if
				:: top == t -> top = t + 1; take(task)
				:: else
				fi
			}
#else
			bool won = false;
			atomic {
				if
				:: top == t -> top = t + 1; won = true
				:: else
				fi
			};
			if
			:: won -> atomic { task = slot[t % CAP]; take(task) }
			:: else
			fi
#endif
		:: else
		fi
	:: else -> break
	od
}

init { atomic { run thief(); run thief() } }
