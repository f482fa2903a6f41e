// The lock of engines/common/lock.h over a model of futex(2): three threads, each once inside.
#include "run.hpp"

struct Right {
    static constexpr auto fast = acquire, slow = acquire, unlock = release;
    static constexpr unsigned taken_after_sleep = 2;
};
struct FastRelaxed : Right {
    static constexpr auto fast = relaxed;
};
struct SlowRelaxed : Right {
    static constexpr auto slow = relaxed;
};
struct UnlockRelaxed : Right {
    static constexpr auto unlock = relaxed;
};
// Who slept takes the lock as if nobody else could sleep: the next sleeper is never woken.
struct ForgetsSleepers : Right {
    static constexpr unsigned taken_after_sleep = 1;
};

template <class Orders>
struct Lock : rl::test_suite<Lock<Orders>, 3> {
    rl::atomic<unsigned> word;
    rl::var<int> guarded;
    rl::mutex kernel;
    rl::condition_variable sleepers;

    void before()
    {
        word($).store(0, relaxed);
        guarded($) = 0;
    }

    // The kernel compares and queues under the lock of the futex's bucket.
    void futex_wait(unsigned expected)
    {
        kernel.lock($);
        if (word($).load(relaxed) == expected)
            sleepers.wait(kernel, $);
        kernel.unlock($);
    }

    void futex_wake()
    {
        kernel.lock($);
        sleepers.notify_one($);
        kernel.unlock($);
    }

    void lock()
    {
        unsigned open = 0;
        if (word($).compare_exchange_strong(open, 1, Orders::fast, relaxed))
            return;
        unsigned as = 2;
        while (word($).exchange(as, Orders::slow) != 0) {
            futex_wait(as);
            as = Orders::taken_after_sleep;
        }
    }

    void unlock()
    {
        if (word($).exchange(0, Orders::unlock) == 2)
            futex_wake();
    }

    void thread(unsigned)
    {
        lock();
        guarded($) = guarded($) + 1;
        unlock();
    }

    void after() { RL_ASSERT(guarded($) == 3); }
};

int main()
{
    bool ok = HOLDS(Lock<Right>);
    ok = FAILS(Lock<FastRelaxed>) && ok;
    ok = FAILS(Lock<SlowRelaxed>) && ok;
    ok = FAILS(Lock<UnlockRelaxed>) && ok;
    ok = FAILS(Lock<ForgetsSleepers>) && ok;
    return ok ? 0 : 1;
}
