/* Parking of workers, engines/green/idle.h: producers outside, workers that search, sleep, are woken
 * and retire. One shared queue stands for all queues.
 *
 * Memory: a producer's publication is a store that sits in its buffer (`pending`) until a seq_cst
 * operation of the same thread drains it; the model's producer drains it in step 1 because that store
 * is seq_cst. Operations under the lock are atomic.
 *
 * Checked: at the end, when every producer is done and nobody can move, no task is left while a
 * worker sleeps (`invalid end states` and the assertion in `monitor`); idle and searching counts
 * agree with the workers' states.
 *
 * Mutants (-D): MUT_NO_RECHECK   a waiter sleeps without looking at the queue again
 *               MUT_WAKE_FIRST   a producer decides whom to wake before it publishes
 *               MUT_BUFFERED     the publication is no seq_cst store: it may be seen after the
 *                                producer has looked at the word
 *               MUT_NO_CHAIN     the last searcher to find a task wakes nobody, and waiters look
 *                                again only if they are the last searcher: two tasks, one runs for
 *                                long, the other waits beside a sleeping worker
 *               MUT_SWALLOW      a retiring worker that was woken does not pass the wake on */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef TASKS
#define TASKS 2
#endif

byte queue;          /* tasks that everybody sees */
byte taken;
byte searching, idle;
bit in_set[WORKERS]; /* the idle set */
bit token[WORKERS];  /* `park` is NOTIFIED */
bit retiring[WORKERS], gone[WORKERS], asleep[WORKERS], busy[WORKERS];
bit produced;        /* all producers are done */
bit forever;         /* tasks that run end now */

/* Producer's steps 2 and 3. */
inline notify()
{
    atomic {
        if
        :: searching == 0 && idle > 0 ->
           if
           :: in_set[0] -> in_set[0] = 0; token[0] = 1
           :: !in_set[0] && in_set[1] -> in_set[1] = 0; token[1] = 1
#if WORKERS > 2
           :: !in_set[0] && !in_set[1] && in_set[2] -> in_set[2] = 0; token[2] = 1
#endif
           fi;
           idle--;
           searching++
        :: else -> skip
        fi
    }
}

active proctype producer()
{
    byte n = 0;
    do
    :: n < TASKS ->
#if defined(MUT_WAKE_FIRST)
       notify();
       queue++;
#elif defined(MUT_BUFFERED)
       /* Two orders are possible: the buffer drains before or after the load of the word. */
       if
       :: queue++; notify()
       :: notify(); queue++
       fi;
#else
       queue++;
       notify();
#endif
       n++
    :: else -> break
    od;
    produced = 1
}

/* The owner retires the worker with the highest slot at any time. */
active proctype owner()
{
    atomic {
        retiring[WORKERS - 1] = 1;
        if
        :: in_set[WORKERS - 1] ->
           in_set[WORKERS - 1] = 0; idle--; searching++; token[WORKERS - 1] = 1
        :: else -> skip
        fi
    }
}

proctype worker(byte me)
{
    bit search = 0, found, alone;
loop:
    /* Orders. */
    if
    :: retiring[me] -> goto retire
    :: else -> skip
    fi;
    /* A task? */
    atomic {
        found = 0;
        if
        :: queue > 0 -> queue--; taken++; found = 1
        :: else -> skip
        fi
    };
    if
    :: found ->
       if
       :: search ->
          atomic { search = 0; searching--; alone = (searching == 0) };
#ifndef MUT_NO_CHAIN
          if
          :: alone && queue > 0 -> notify()
          :: else -> skip
          fi
#endif
       :: else -> skip
       fi;
       /* A long task: it ends when everything else has come to rest. */
       busy[me] = 1;
       forever;
       busy[me] = 0;
       goto loop
    :: else -> skip
    fi;
    /* Become a searcher, if half of the workers are not. */
    if
    :: atomic { !search && searching * 2 < WORKERS -> searching++; search = 1 }; goto loop
    :: else -> skip
    fi;
    /* Waiter's step 1. */
    atomic {
        in_set[me] = 1;
        idle++;
        if
        :: search -> searching--; search = 0
        :: else -> skip
        fi;
        alone = (searching == 0)
    };
    /* Step 2. */
#ifndef MUT_NO_RECHECK
    if
    :: retiring[me] || (alone && queue > 0) -> goto awake
    :: else -> skip
    fi;
#else
    if
    :: retiring[me] -> goto awake
    :: else -> skip
    fi;
#endif
    /* Step 3. */
    asleep[me] = 1;
end_sleep:
    atomic { token[me] -> asleep[me] = 0 };
awake:
    atomic {
        token[me] = 0;
        if
        :: in_set[me] -> in_set[me] = 0; idle--; searching++
        :: else -> skip
        fi;
        search = 1
    };
    goto loop;
retire:
    if
    :: search -> atomic { search = 0; searching-- }
    :: else -> skip
    fi;
#ifndef MUT_SWALLOW
    notify();
#endif
    gone[me] = 1
}

#define RESTS(i) (asleep[i] && !token[i] || busy[i] || gone[i])
#define SLEEPS(i) (asleep[i] && !token[i])

#if WORKERS > 2
#define ALL_REST   (RESTS(0) && RESTS(1) && RESTS(2))
#define ONE_SLEEPS (SLEEPS(0) || SLEEPS(1) || SLEEPS(2))
#else
#define ALL_REST   (RESTS(0) && RESTS(1))
#define ONE_SLEEPS (SLEEPS(0) || SLEEPS(1))
#endif

/* Everybody rests: no task may wait beside a sleeping worker. Then the long tasks end. */
active proctype monitor()
{
    atomic {
        produced && ALL_REST ->
        assert(queue == 0 || !ONE_SLEEPS);
        assert(searching == 0);
        forever = 1
    }
}

init
{
    atomic {
        run worker(0);
        run worker(1)
#if WORKERS > 2
        ; run worker(2)
#endif
    }
}
