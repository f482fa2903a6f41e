/* Who leaves, who is released and who may still be touched: the family word of engines/common/task.c.
 * A line of tasks, each the child of the one before it. One update of a family word is one atomic step.
 *
 * Without LINE: three tasks; each joins its child, whose memory lies in its frame and is gone as soon as
 * the join is over. It sees that no child is alive at any time, not only when it is woken. A canceller
 * pins the middle one while that waits, and wakes it.
 * With LINE: four tasks; the third does not join. Memory goes by release alone, and the last task may
 * look at all who are above it until it ends, which it may do when the first has ended.
 *
 * Checked: nobody touches memory that is gone (assert); each is released once (assert); every join ends,
 * and every task is released (an invalid end state, assert).
 *
 * Mutants (-D): MUT_LEAVE_FIRST  a task with wakers under way leaves at once, only its release waits
 *               MUT_SPLIT        it sets ENDED, and that it stays in a second step
 *               MUT_NO_WAKER     the last child does not count itself before it wakes its parent
 *               MUT_NO_ABOVE     a task holds its parent for living children only (with LINE) */
#ifdef LINE
#define TASKS 4
#define JOINS(t) (t != 2)
#else
#define TASKS 3
#define JOINS(t) true
#endif

byte children[TASKS], wakers[TASKS], releases[TASKS];
bool joining[TASKS], ended[TASKS], holds[TASKS], stays[TASKS], above[TASKS];
bool waits[TASKS]; /* under the lock by which a canceller finds it */
bool gone[TASKS], over;

#define TOUCH(t) assert(!gone[t])
/* Of the word that an update leaves: whether the end is settled, and what is to be done of the parent. */
#define READ(t) \
    mine = ended[t] && children[t] == 0 && wakers[t] == 0; \
    up = stays[t]; \
    down = holds[t]

inline release(t)
{
    d_step {
        releases[t]++;
        assert(releases[t] == 1);
#ifdef LINE
        gone[t] = true
#endif
    }
}

/* One child of t less. */
inline leave_family(t)
{
    d_step {
        TOUCH(t);
        assert(children[t] > 0);
        children[t]--;
        wakes = children[t] == 0 && joining[t];
#ifndef MUT_NO_WAKER
        wakers[t] = wakers[t] + (wakes -> 1 : 0);
#endif
        READ(t)
    };
    if
    :: wakes ->
       TOUCH(t); /* unpark */
#ifndef MUT_NO_WAKER
       d_step { TOUCH(t); wakers[t]--; READ(t) }
#endif
    :: else -> skip
    fi
}

inline settle(t)
{
    at = t;
    do
    :: !mine -> break
    :: mine ->
       d_step { TOUCH(at); mine = false };
       release(at);
       if
       :: up -> at--; leave_family(at)
       :: down -> at--; d_step { TOUCH(at); wakers[at]--; READ(at) }
       :: else -> break
       fi
    od
}

/* The body of t has come to its end. */
inline end(t)
{
    stay = false;
    d_step {
        TOUCH(t);
        idle = children[t] == 0 && wakers[t] == 0 && !above[t];
#ifdef MUT_NO_ABOVE
        below = children[t] > 0
#else
        below = children[t] > 0 || above[t]
#endif
    };
    if
    :: idle -> release(t)
    :: !idle && below ->
       if
       :: t > 0 ->
          d_step { TOUCH(t - 1); wakers[t - 1]++; above[t - 1] = true };
          d_step { TOUCH(t); ended[t] = true; holds[t] = true; READ(t) }
       :: else -> d_step { TOUCH(t); ended[t] = true; READ(t) }
       fi;
       settle(t)
    :: else ->
#ifndef MUT_LEAVE_FIRST
       stay = t > 0;
#endif
#ifdef MUT_SPLIT
       d_step { TOUCH(t); ended[t] = true; READ(t) };
       d_step { TOUCH(t); stays[t] = stay };
#else
       d_step { TOUCH(t); ended[t] = true; stays[t] = stay; READ(t) };
#endif
       settle(t)
    fi;
    if
    :: t > 0 && !stay -> leave_family(t - 1); settle(t - 1)
    :: else -> skip
    fi
}

inline join(t)
{
    d_step { joining[t] = children[t] > 0; waits[t] = joining[t] };
    (children[t] == 0);
    d_step { joining[t] = false; waits[t] = false };
#ifndef LINE
    gone[t + 1] = true
#endif
}

proctype task(byte me)
{
    bool wakes, mine, up, down, stay, idle, below;
    byte at;
    if
    :: me + 1 < TASKS ->
       children[me]++;
       run task(me + 1);
       if
       :: JOINS(me) -> join(me)
       :: else -> skip
       fi
    :: else ->
#ifdef LINE
       if
       :: true -> (over) /* it was left to itself: nobody waits for it */
       :: true
       fi;
       at = me;
       do
       :: at > 0 -> at--; TOUCH(at)
       :: else -> break
       od
#else
       skip
#endif
    fi;
    end(me);
    over = over || me == 0
}

#ifndef LINE
proctype canceller()
{
    bool wakes, mine, up, down, pinned;
    byte at;
    d_step { pinned = waits[1]; wakers[1] = wakers[1] + (pinned -> 1 : 0) };
    if
    :: pinned ->
       TOUCH(1); /* unpark */
       d_step { TOUCH(1); wakers[1]--; READ(1) };
       settle(1)
    :: else -> skip
    fi
}
#endif

init {
    byte t;
    atomic {
#ifndef LINE
        run canceller();
#endif
        run task(0)
    };
    (_nr_pr == 1);
    do
    :: t < TASKS -> assert(releases[t] == 1); t++
    :: else -> break
    od
}
