/* The park commit of engines/green/fiber.h: one parker, its next context, two wakers (think of an
 * unpark and a timer or a cancel), and whoever resumes the task from the queue.
 *
 * Memory: RMWs and the switch are sequentially consistent; the condition is a plain store before the
 * waker's RMW, so in the model it is made visible by the RMW at the latest, as release/acquire on one
 * word promises. A waker's store sits in its buffer until then.
 *
 * Checked: no context is resumed before it is saved; the task is queued at most once at a time; when
 * every waker is done and the condition holds, the parker does not stay parked.
 *
 * Mutants (-D): MUT_EARLY_PARK  the task itself stores PARKED before it switches away
 *               MUT_NO_RECHECK  the parker does not look at the condition after PARKING
 *               MUT_BLIND       the next context stores PARKED without looking (lost NOTIFIED)
 *               MUT_TWO_WIN     a waker that finds READY queues the task again
 *               MUT_LOAD        a waker that finds RUNNING does no RMW: its store stays in the buffer */
#define RUNNING  0
#define PARKING  1
#define NOTIFIED 2
#define PARKED   3
#define READY    4
#define WAKERS   2

byte state = RUNNING;
bit condition[WAKERS]; /* as others see it */
bit saved = 1;         /* the context is complete */
bit committing;        /* the next context runs on the parker's worker */
byte queued;
bit ended;
byte wakers_done;

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
    :: all_met -> break
    :: else ->
#ifdef MUT_EARLY_PARK
       saved = 0;
       state = PARKED;
#else
       saved = 0;
       state = PARKING; /* exchange */
#endif
#ifndef MUT_NO_RECHECK
       if
       :: all_met ->
          atomic { state = RUNNING; saved = 1 };
          break
       :: else -> skip
       fi;
#endif
       /* Switches away: registers are saved, the next context takes over. */
       atomic { saved = 1; committing = 1 };
       /* Resumed: whoever dequeued it has checked that it was saved. */
       (state == RUNNING && !committing && queued == 0);
    od;
    ended = 1
}

active proctype next_context()
{
    do
    :: atomic { committing ->
#if defined(MUT_EARLY_PARK)
           committing = 0
#elif defined(MUT_BLIND)
           state = PARKED; committing = 0
#else
           if
           :: state == PARKING -> state = PARKED
           :: state == NOTIFIED -> state = READY; enqueue()
           fi;
           committing = 0
#endif
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
           assert(state == READY);
           queued--;
           state = RUNNING
       }
    :: ended && queued == 0 -> break
    od
}

proctype waker(byte me)
{
    bit buffered;
    buffered = 1; /* condition[me] = 1, in the store buffer */
    atomic {
#ifdef MUT_LOAD
        /* A plain load first; the buffer may drain at any later time. */
        if
        :: state == RUNNING -> goto late
        :: else -> skip
        fi;
#endif
        condition[me] = 1; /* the RMW drains it */
        if
        :: state == PARKED -> state = READY; enqueue()
        :: state == PARKING -> state = NOTIFIED
#ifdef MUT_TWO_WIN
        :: state == READY -> enqueue()
#endif
        :: else -> skip
        fi
    };
    goto out;
late:
    condition[me] = 1;
out:
    wakers_done++
}

init
{
    atomic {
        run waker(0);
        run waker(1)
    }
}
