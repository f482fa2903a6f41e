/* The queue of one worker, engines/green/own.h: its owner, who uses plain loads and stores, and a
 * thief, who takes offers, revokes, and sleeps.
 *
 * Memory: total store order. The owner's plain stores go into its buffer in order and drain at any
 * time; its seq_cst stores drain it first. own_barrier drains it too. The owner reads its own latest
 * value of `waiting` while that is in the buffer.
 *
 * Checked: owner and thief are never inside together; no task is lost or taken twice; when the owner
 * is in a long task and the thief sleeps, no task waits.
 *
 * Mutants (-D): MUT_REVOKE_BLIND  the thief revokes without the barrier
 *               MUT_SLEEP_BLIND   the thief goes to sleep without the barrier
 *               MUT_NO_RECHECK    the thief goes to sleep without looking
 *               MUT_NO_OFFER      the owner does not look whether somebody sleeps
 *               MUT_EARLY_LOOK    the owner looks at the idle word before it leaves
 *               MUT_IGNORE        the owner enters though the queue is revoked */
#ifndef TASKS
#define TASKS 2
#endif
#define INSIDE  0
#define WAITING 1

byte memory[2];
chan buffer = [8] of { byte, byte };
byte pending; /* stores of WAITING in the buffer */
byte offer;
bit revoked;
bit idle, token, asleep; /* the thief's place in the idle set */
byte done;               /* tasks that came out */
bit owner_in, thief_in;
bit busy, forever, over;

/* The owner's. */
byte latest, half;
bit wanted;

inline drain_all()
{
    d_step {
        do
        :: nempty(buffer) -> buffer ? at, value; memory[at] = value;
           if
           :: at == WAITING -> pending--
           :: else -> skip
           fi
        :: empty(buffer) -> break
        od;
        at = 0;
        value = 0
    }
}

active proctype store_buffer()
{
    byte at, value;
    do
    :: atomic { buffer ? at, value -> memory[at] = value;
           if
           :: at == WAITING -> pending--
           :: else -> skip
           fi;
           at = 0; value = 0
       }
    :: over -> break
    od
}

inline enter()
{
    buffer ! INSIDE, 1;
#ifndef MUT_IGNORE
    do
    :: revoked ->
       atomic { buffer ! INSIDE, 0 };
       drain_all();
       (!revoked);
       atomic { buffer ! INSIDE, 1 };
       drain_all() /* the exchange in own_wait */
    :: !revoked -> break
    od;
#endif
    owner_in = 1;
    assert(!thief_in);
    atomic {
        if
        :: pending == 0 -> latest = memory[WAITING]
        :: else -> skip
        fi
    }
}

inline store_waiting()
{
    atomic { pending++; buffer ! WAITING, latest }
}

inline leave()
{
    owner_in = 0;
    buffer ! INSIDE, 0
}

/* Step 5. */
inline offer_if_wanted()
{
#ifndef MUT_EARLY_LOOK
    wanted = idle;
#endif
    if
    :: wanted && latest > 0 && offer == 0 ->
       enter();
       half = latest - latest / 2;
       latest = latest - half;
       store_waiting();
       leave();
       /* seq_cst store */
       drain_all();
       offer = half;
       half = 0;
       /* green_notify */
       atomic {
           if
           :: idle -> idle = 0; token = 1
           :: else -> skip
           fi
       }
    :: else -> skip
    fi;
    wanted = 0
}

#ifdef MUT_EARLY_LOOK
#define LOOK_EARLY wanted = idle;
#else
#define LOOK_EARLY
#endif

active proctype owner()
{
    byte pushed, at, value;
    do
    :: pushed < TASKS ->
       enter();
       latest++;
       store_waiting();
       LOOK_EARLY
       leave();
       pushed++;
#ifndef MUT_NO_OFFER
       offer_if_wanted()
#endif
    :: pushed > 0 ->
       /* A turn: takes one, which is short. */
       enter();
       if
       :: latest > 0 -> latest--; store_waiting(); done++
       :: else -> skip
       fi;
       LOOK_EARLY
       leave();
#ifndef MUT_NO_OFFER
       offer_if_wanted();
#endif
       if
       :: pushed == TASKS -> break
       :: else -> skip
       fi
    :: pushed == TASKS -> break
    od;
    /* A long task. It ends when everything else has come to rest; then it takes what is left. */
    busy = 1;
    forever;
    enter();
    atomic { done = done + latest; latest = 0 };
    store_waiting();
    leave();
    drain_all();
    atomic { done = done + offer; offer = 0 };
    assert(done == TASKS);
    over = 1
}

active proctype thief()
{
    byte at, value, got;
search:
    atomic { done = done + offer; offer = 0 };
    if
    :: memory[WAITING] > 0 ->
       revoked = 1;
#ifndef MUT_REVOKE_BLIND
       drain_all();
#endif
       if
       :: memory[INSIDE] == 0 ->
          thief_in = 1;
          assert(!owner_in);
          got = memory[WAITING] - memory[WAITING] / 2;
          memory[WAITING] = memory[WAITING] - got;
          done = done + got;
          got = 0;
          thief_in = 0
       :: else -> skip
       fi;
       revoked = 0
    :: else -> skip
    fi;
    /* Waiter's step 1 of idle.h, an RMW. */
    idle = 1;
#ifndef MUT_NO_RECHECK
#ifndef MUT_SLEEP_BLIND
    drain_all();
#endif
    if
    :: offer > 0 -> goto awake
    :: else -> skip
    fi;
    if
    :: memory[INSIDE] == 0 ->
       if
       :: memory[WAITING] > 0 -> goto awake
       :: else -> skip
       fi
    :: else -> skip
    fi;
#endif
    asleep = 1;
end_sleep:
    atomic { token -> token = 0; asleep = 0 };
    goto search;
awake:
    atomic { idle = 0; token = 0 };
    goto search
}

/* Everything rests but the long task. */
active proctype monitor()
{
    atomic {
        busy && asleep && !token && empty(buffer) ->
        assert(memory[WAITING] == 0 && offer == 0);
        forever = 1
    }
}
