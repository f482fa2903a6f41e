/* A token for a green thread that may have no fiber yet, engines/green/fiber.h: the waker of a task,
 * and the fiber that takes it up and waits for the token.
 *
 * Memory: `context` is a release store that sits in the fiber's buffer until an RMW of its thread
 * drains it. The event count is one atomic word: its protocol is park_commit's, here a wait is one
 * atomic test.
 *
 * Checked: the fiber does not wait for ever (an invalid end state).
 *
 * Mutants (-D): MUT_LOAD      the fiber looks at the task's token by a load, not by an RMW
 *               MUT_ONE_LOOK  the waker does not look for a fiber again after it left the token
 *               MUT_NO_ADOPT  the fiber does not look at the task's token at all */
bit context;   /* as others see it */
bit buffered;  /* the store of context is on its way */
bit token;     /* task->token */
byte tokens;   /* of the fiber's event count */

active proctype fiber()
{
    bit adopted;
    buffered = 1; /* context, in the store buffer */
#if defined(MUT_LOAD)
    adopted = token;
    atomic { context = 1; buffered = 0 };
#elif defined(MUT_NO_ADOPT)
    atomic { context = 1; buffered = 0 };
#else
    /* The RMW drains the buffer. */
    atomic { context = 1; buffered = 0; adopted = token; token = 0 };
#endif
    (adopted || tokens > 0)
}

/* The buffer drains by itself at some time. */
active proctype drain()
{
    end_drain:
    atomic { buffered -> context = 1 }
}

active proctype waker()
{
    if
    :: context -> tokens++
    :: else ->
       token = 1; /* exchange */
#ifndef MUT_ONE_LOOK
       if
       :: context -> tokens++
       :: else -> skip
       fi
#endif
    fi
}
