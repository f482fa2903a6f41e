/* The watch of engines/green/park.c: a sleeper with the poller's role, and a producer that wakes up,
 * puts a task into its hot slot and then stays in one task for ever.
 *
 * Memory: all steps are seq_cst. The producer ends stuck; the sleeper must look at it again and again,
 * or it is found as blocked at `sleeps`. Mutants: LOOK_FIRST reads who is awake before it says that it
 * does not watch; ARM_LATE lets the nudge pass before it sleeps; KEEP never says it. */
bit sleeper_idle = 0, producer_idle = 1, watching = 0, futex = 0, hot = 0;

active proctype producer()
{
    bit unwatched;
    /* Woken for something by somebody outside. */
    producer_idle = 0;
    hot = 1;
    if
    :: !sleeper_idle -> goto stuck
    :: else -> skip
    fi;
    atomic {
        unwatched = !watching;
        watching = 1
    };
    if
    :: unwatched -> futex = 0 /* the nudge */
    :: else -> skip
    fi;
stuck:
    skip
}

active proctype sleeper()
{
    bit ends;
    if /* what the last sleep left */
    :: watching = 1
    :: watching = 0
    fi;
    sleeper_idle = 1;
    do
    ::
#ifdef MUT_LOOK_FIRST
       ends = !producer_idle;
#endif
#ifndef MUT_ARM_LATE
       futex = 1;
#endif
#ifndef MUT_KEEP
       watching = 0;
#endif
#ifndef MUT_LOOK_FIRST
       ends = !producer_idle;
#endif
#ifdef MUT_ARM_LATE
       futex = 1;
#endif
       if
       :: ends -> watching = 1
       :: else -> skip
       fi;
sleeps:
       if
       :: !futex -> skip
       :: ends -> futex = 0; break
       fi
    od;
    /* The time is up; looks that come before the task is there are followed by another. */
    hot
}
