/* Forks and sleepers: engines/common/fork.c with threadpool/idle.c. An owner forks and takes back; most
 * of its forks are private, so it wakes nobody for them. Thieves search, ask, take the privilege back,
 * sleep. Whoever runs something may never come back from it.
 *
 * The owner's stores to bottom lie in a FIFO that `memory` empties at its own pace; the owner's CAS and a
 * thief's barrier wait until it is empty. Safety is fork.pml's; here a successful revoke is one step.
 *
 * Checked, when nothing moves any more: if a fork is left that nobody has begun then nobody sleeps.
 *
 * Mutants, each of which must be found:
 *   LOOK_FIRST   fork reads the word before it raises bottom: a thief may take what was below
 *                meanwhile, see nothing more, and sleep
 *   NO_BARRIER   the sleeper looks at bottom while the owner's last store may be in its buffer
 *   KEEP_QUIET   the last searcher that found a fork wakes nobody
 *   NO_NOTIFY    the owner publishes on request and wakes nobody */
#ifndef FORKS
#define FORKS 3
#endif
#define THIEVES 2
#define WORKERS 3
#define DEPTH   2

byte tail, split;
bool want;
byte bottom;
bool running[DEPTH]; /* by a thief */

byte searchers, sleepers;
bool searching[THIEVES], listed[THIEVES];
byte wakes[THIEVES];

chan buffer = [2] of { byte };

#define HALF(from, to) ((to > from -> (to - from + 1) / 2 : 0))

active proctype memory()
{
end:
	do
	:: atomic { buffer ? bottom }
	od
}

inline claim(chosen)
{
	if
	:: atomic { searchers > 0 || sleepers == 0 -> skip }
	:: else ->
		atomic {
			chosen = THIEVES;
			if
			:: searchers == 0 && sleepers > 0 ->
				chosen = 0;
				do
				:: listed[chosen] -> break
				:: else -> chosen++
				od;
				listed[chosen] = false;
				sleepers--;
				searchers++;
				searching[chosen] = true
			:: else
			fi
		};
		atomic {
			if
			:: chosen < THIEVES -> wakes[chosen]++
			:: else
			fi;
			chosen = 0
		}
	fi
}

inline publish(top)
{
	asked = false;
	if
	:: atomic { !want && top <= split -> skip }
	:: atomic {
		empty(buffer) && (want || top > split) ->
		split = split + HALF(split, top);
		want = false;
		asked = tail < split
	}
	fi;
#ifndef NO_NOTIFY
	if
	:: asked -> claim(chosen)
	:: else
	fi;
#endif
	asked = false
}

inline push()
{
	made++;
#ifdef LOOK_FIRST
	atomic { asked = tail == b || want };
	b++;
	buffer ! b;
#else
	b++;
	buffer ! b;
	atomic { asked = tail == b - 1 || want };
#endif
	if
	:: asked -> publish(b)
	:: else
	fi
}

inline take()
{
	b--;
	buffer ! b;
	atomic { mine = b >= split && !want };
	if
	:: mine
	:: else ->
		publish(b);
		if
		:: atomic { b < tail -> mine = false }
		:: atomic { b >= tail && b >= split -> mine = true }
		:: atomic { empty(buffer) && b >= tail && b < split -> split = tail + (b - tail) / 2; mine = true }
		fi
	fi;
	if
	:: mine -> mine = false
	:: else ->
		buffer ! b + 1;
		!running[b];
		buffer ! b;
		atomic {
			empty(buffer) ->
			tail = b;
			split = b;
			want = false
		}
	fi
}

active proctype owner()
{
	byte b, made, chosen;
	bool mine, asked;
	do
	:: made < FORKS && b < DEPTH -> push()
	:: b > 0 -> take()
	:: b > 0 -> false /* inside a long call */
	:: made == FORKS && b == 0 -> break
	od
}

proctype thief(byte me)
{
	byte ticket, chosen, at;
	bool got, last, look;
	do
	:: true ->
		atomic {
			ticket = wakes[me];
			if
			:: !searching[me] && 2 * searchers < WORKERS ->
				searchers++;
				searching[me] = true
			:: else
			fi
		};
again:
		if
		:: !searching[me]
		:: atomic {
			searching[me] && tail < split ->
			at = tail;
			running[at] = true;
			tail++;
			got = true
		}
		:: atomic { searching[me] && tail >= split && bottom > split -> skip };
			if
			:: want = true
			/* The privilege is taken back, or the owner has answered meanwhile. */
			:: atomic {
				empty(buffer) ->
				if
				:: tail == split -> split = split + HALF(split, bottom)
				:: else
				fi
			}
			fi;
			goto again
		:: atomic { searching[me] && tail >= split && bottom <= split -> skip }
		fi;
		if
		:: got ->
			atomic {
				got = false;
				last = searching[me] && searchers == 1;
				if
				:: searching[me] -> searching[me] = false; searchers--
				:: else
				fi
			};
#ifndef KEEP_QUIET
			if
			:: last && bottom > 0 -> claim(chosen)
			:: else
			fi;
#endif
			if
			:: true -> atomic { running[at] = false; at = 0; last = false; ticket = 0 }
			:: true -> false /* it blocks its worker for good */
			fi
		:: else ->
			atomic {
				if
				:: searching[me] -> searching[me] = false; searchers--
				:: else
				fi;
				listed[me] = true;
				sleepers++;
				look = searchers == 0
			};
			if
			:: look && bottom > 0 ->
#ifndef NO_BARRIER
				empty(buffer);
#endif
				look = bottom > tail
			:: else -> look = false
			fi;
			if
			:: look
			:: else -> wakes[me] != ticket
			fi;
			atomic {
				look = false;
				ticket = 0;
				if
				:: listed[me] -> listed[me] = false; sleepers--
				:: else
				fi
			}
		fi
	od
}

active proctype monitor()
{
	timeout -> assert(bottom <= tail || sleepers == 0)
}

init { atomic { run thief(0); run thief(1) } }
