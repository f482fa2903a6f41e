/* The park commit of engines/green/fiber.h: one parker, its next context, two wakers (think of an
 * unpark and a timer or a cancel), and whoever resumes the task from the queue.
 *
 * Memory: RMWs and the switch are sequentially consistent; the condition is a plain store before the
 * waker's RMW, so in the model it is made visible by the RMW at the latest, as release/acquire on one
 * word promises. A waker's store sits in its buffer until then. `state` is its two parts, which one
 * atomic step reads or changes together.
 *
 * Checked: no context is resumed before it is saved; the task is queued at most once at a time; when
 * every waker is done and the condition holds, the parker does not stay parked.
 *
 * Mutants (-D): MUT_EARLY_PARK  the task itself stores PARKED before it switches away
 *               MUT_LATE_LOOK   the parker reads the count after it has tested the condition
 *               MUT_BLIND       the next context stores PARKED without comparing the count
 *               MUT_TWO_WIN     a waker leaves PARKED where it is
 *               MUT_LOAD        a waker that finds no sleeper does no RMW: it does not count itself,
 *                               and its store stays in the buffer */
#define WAKERS 2

byte count;            /* of `state`: wake-ups */
bit parked;            /* of `state` */
byte seen;             /* the parker's */
bit condition[WAKERS]; /* as others see it */
bit saved = 1;         /* the context is complete */
bit committing;        /* the next context runs on the parker's worker */
byte queued;
bit running = 1;
bit ended;

inline enqueue()
{
    queued++;
    assert(queued == 1);
}

#define all_met (condition[0] && condition[1])

/* The task waits until both conditions hold. */
active proctype parker()
{
    do
    :: true ->
#ifdef MUT_LATE_LOOK
       if
       :: all_met -> break
       :: else -> skip
       fi;
       seen = count;
#else
       seen = count;
       if
       :: all_met -> break
       :: else -> skip
       fi;
#endif
       saved = 0;
#ifdef MUT_EARLY_PARK
       parked = 1;
#endif
       /* Switches away: registers are saved, the next context takes over. */
       atomic { saved = 1; running = 0; committing = 1 };
       /* Resumed: whoever dequeued it has checked that it was saved. */
       (running && !committing);
    od;
    ended = 1
}

active proctype next_context()
{
    do
    :: atomic { committing ->
#if defined(MUT_EARLY_PARK)
           skip;
#elif defined(MUT_BLIND)
           parked = 1;
#else
           if
           :: count == seen -> parked = 1
           :: else -> enqueue()
           fi;
#endif
           committing = 0
       }
    :: ended -> break
    od
}

/* Another worker takes the task from the queue and runs it. */
active proctype resumer()
{
    do
    :: atomic { queued > 0 ->
           assert(saved);
           queued--;
           running = 1
       }
    :: ended && queued == 0 -> break
    od
}

proctype waker(byte me)
{
    atomic {
#ifdef MUT_LOAD
        /* A plain load first; the buffer may drain at any later time. */
        if
        :: !parked -> goto late
        :: else -> skip
        fi;
#endif
        condition[me] = 1; /* the RMW drains it */
        count++;
        if
        :: parked ->
#ifndef MUT_TWO_WIN
           parked = 0;
#endif
           enqueue()
        :: else -> skip
        fi
    };
    goto out;
late:
    condition[me] = 1;
out:
    skip
}

init
{
    atomic {
        run waker(0);
        run waker(1)
    }
}
