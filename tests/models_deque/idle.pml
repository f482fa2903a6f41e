/* Sleeping and waking of engines/threadpool/idle.c: WORKERS workers, one of which retires, and a
 * producer that publishes TASKS tasks into a queue that only searchers may take from (the deque of a
 * blocked worker), or, with SHARED, everybody (the list of what comes from outside). A worker that runs
 * a task may never come back from it.
 *
 * Checked, when nothing moves any more: if a task is left then nobody sleeps.
 *
 * Mutants, each of which must be found:
 *   NO_LOOK         a sleeper does not look again after it has announced itself
 *   WAKE_FIRST      the producer looks for sleepers before it publishes
 *   BUFFERED        the published task stays in a store buffer while the producer looks (no seq_cst)
 *   FOUND_LATE      a searcher that found a task counts as one until the task has ended
 *   LOOK_EARLY      a searcher that found a task looks for more before it takes itself off
 *   KEEP_QUIET      the last searcher that found a task wakes nobody
 *   RISE_QUIET      a sleeper that sees work is no searcher when it takes of it, and wakes nobody
 *   SWALLOW         a retiring worker that was woken for a task leaves without waking another
 *   LATE_TICKET     a sleeper takes its parker's ticket after it has announced itself and looked */
#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef TASKS
#define TASKS 2
#endif

byte queue, buffered;
byte searchers, sleepers;
bool searching[WORKERS], listed[WORKERS], retiring[WORKERS], gone[WORKERS];
byte wakes[WORKERS];

/* ps_idle_claim, and the wake that follows. */
inline claim(chosen)
{
	if
	:: atomic { searchers > 0 || sleepers == 0 -> skip }
	:: else ->
		chosen = WORKERS;
		atomic {
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
		if
		:: chosen < WORKERS -> atomic { wakes[chosen]++; chosen = 0 }
		:: else -> chosen = 0
		fi
	fi
}

inline found(me, last)
{
	atomic {
		last = false;
		if
		:: searching[me] ->
			searching[me] = false;
			searchers--;
			last = searchers == 0
		:: else
		fi
	}
}

inline search(me)
{
	atomic {
		if
		:: !searching[me] && 2 * searchers < WORKERS ->
			searchers++;
			searching[me] = true
		:: else
		fi
	}
}

inline look_for(may)
{
	atomic {
		got = may && queue > 0;
		if
		:: got -> queue--
		:: else
		fi
	}
}

proctype worker(byte me)
{
	byte ticket, chosen;
	bool got, last, look, more;
	do
	:: true ->
#ifndef LATE_TICKET
		ticket = wakes[me];
#endif
		if
		:: retiring[me] -> break
		:: else
		fi;
#ifdef SHARED
		look_for(true);
		if
		:: got
		:: else -> search(me)
		fi;
#else
		search(me);
		look_for(searching[me]);
#endif
		if
		:: got ->
#ifdef FOUND_LATE
			if
			:: true -> skip
			:: true -> false
			fi;
#endif
#ifdef LOOK_EARLY
			more = queue > 0;
#endif
			found(me, last);
#ifndef LOOK_EARLY
			more = last && queue > 0;
#endif
#ifndef KEEP_QUIET
			if
			:: last && more -> claim(chosen)
			:: else
			fi;
#endif
			atomic { got = false; last = false; more = false; ticket = 0 };
			if
			:: true -> skip  /* the task has ended */
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
#ifdef NO_LOOK
			look = false;
#endif
			if
			:: atomic {
				look && queue > 0 ->
#ifndef RISE_QUIET
				if
				:: listed[me] ->
					listed[me] = false;
					sleepers--;
					searchers++;
					searching[me] = true
				:: else
				fi
#endif
			}
			:: else ->
#ifdef LATE_TICKET
				ticket = wakes[me];
#endif
				wakes[me] != ticket
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
	od;
	gone[me] = true;
	found(me, last);
#ifndef SWALLOW
	claim(chosen)
#endif
}

#ifdef BUFFERED
active proctype memory()
{
	do
	:: atomic { buffered > 0 -> buffered--; queue++ }
	od
}
#endif

active proctype producer()
{
	byte n = 0, chosen;
	do
	:: n < TASKS ->
		n++;
#ifdef WAKE_FIRST
		claim(chosen);
		queue++
#else
#ifdef BUFFERED
		buffered++;
#else
		queue++;
#endif
		claim(chosen)
#endif
	:: else -> break
	od
}

active proctype owner()
{
	retiring[0] = true;
	wakes[0]++
}

active proctype monitor()
{
	timeout -> assert(queue == 0 || sleepers == 0)
}

init {
	byte i;
	atomic {
		for (i : 0 .. WORKERS - 1) {
			run worker(i)
		}
	}
}
