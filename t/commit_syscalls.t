#!/usr/bin/perl

# Every system call of a commit fails once, by strace, in each way that a disk
# can fail, or takes long: an update is refused and not there, or acknowledged
# and there; the next one works without a restart, and dnsd never notices.  So
# do those of opening the store anew, after LMDB has given it up.
#
# Which calls these are is found out, not known: commit_faults.t knows.  LONG=1
# fails each call in each way; without it only what writes is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use SrvRegistrar qw(outcome wait_until program);
use SrvRegistrar::Prober;

use constant {
    DELAY => 0.5,                                           # s

    # A commit need not make each call: pages side by side are written by one,
    # a single one by another.
    TRIES => 8,
};

# glibc ends the process where futex fails in a way that it cannot; write is
# nginx's word to its event loop; the others do not fail.
use constant SPARED => qr/^(?:futex|write|getpid|gettid|exit|restart_syscall
    |rt_sig\w+|clock_\w+|sched_yield|madvise|munmap|geteuid|uname)$/x;

use constant WRITES => qr/^(?:fdatasync|fsync|msync|p?writev?\w*)$/;

my $strace = program('strace');

plan(skip_all => 'no strace') if !$strace;

my $t = SrvRegistrar->new(workers => 1);

$t->configure(server => 'location = /health { return 200 "ok"; }');
$t->start(dnsd => 1);

my ($worker) = $t->workers();
my $device = $t->device('device');
my $port = 5000;
my $tracer;

$device->enroll();
$device->register($port);

# The pool has one thread.
my ($thread) = grep { $_ != $worker }
    map { m{/(\d+)$} } glob("/proc/$worker/task/*");

if (!trace()) {
    plan(skip_all => 'strace may not trace: ' . $t->read('strace.err'));
}

is(outcome($device->register(++$port)), '200', 'an update, traced');

my @calls = untrace();

note("a commit: @calls");

my $prober = SrvRegistrar::Prober->start($t, $device->fqdn());
my %known = (EIO    => '503 store-unavailable', ENOSPC => '507 store-full');

for my $call (qw(fdatasync pwrite64)) {
    ok(grep({ $_ eq $call } @calls), "a commit makes $call");
}

for my $call (@calls) {
    fails($call, $_)
        for $call =~ WRITES || $ENV{LONG} ? qw(EIO ENOSPC EINTR) : 'EIO';
    delays($call);
}

my %commit = map { $_ => 1 } @calls;
my @reopen = grep { !$commit{$_} } reopen_calls();

note("opening the store anew: @reopen");
ok(grep({ $_ eq 'openat' } @reopen), 'it is opened');

for my $call (@reopen) {
    reopen_fails($call, 'EIO', 1)
        if ($ENV{LONG} || $call =~ /^(?:openat|mmap|pread64)$/)
        && !(SrvRegistrar::ASAN && $call eq 'mmap');
}

reopen_fails('openat', 'EMFILE', '1..5') if $ENV{LONG};

is_deeply([$t->workers()], [$worker], 'all by the same worker');
is_deeply($prober->stop(), [], 'dnsd answered all the time');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub fails
{
    my ($call, $error) = @_;

    subtest "$call: $error" => sub {
        trace("inject=$call:error=$error:when=1")
            or die('strace: ' . $t->read('strace.err'));

        my $reply = until_injected($call, sub { $device->register($_[0]) });

        # Where it fails for good; other errors may be overcome.
        is(outcome($reply), $known{$error}, 'refused')
            if $known{$error} && $call =~ WRITES;

        if ($reply->{status} != 200) {
            like(outcome($reply), qr/^50[37] store-/, 'refused');
            like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
                'says when to try again');
        }

        is(published(), $port, 'shown is what was acknowledged');
        untrace();
        recovers();
        is(published(), $port, 'and published');
    };
}


# Another request, over a connection of its own, is answered while the update
# waits.  On a busy machine that may take longer than the delay: once more.

sub delays
{
    my ($call) = @_;

    subtest "$call: slow" => sub {
        my $others;

        for (1 .. TRIES) {
            trace("inject=$call:delay_enter=" . DELAY * 1e6 . ':when=1')
                or die('strace: ' . $t->read('strace.err'));

            my $begin;
            my $reply = until_injected($call, sub {
                $begin = time();

                my $socket = $device->send_register($_[0]);

                $t->request('GET', '/health');
                $others = !IO::Select->new($socket)->can_read(0);

                return $t->{client}->reply($socket);
            });

            cmp_ok(time() - $begin, '>=', DELAY, 'late');
            is(outcome($reply), '200', 'and acknowledged');
            is(published(), $port, 'it is there');
            untrace();

            last if $others;
        }

        ok($others, 'others were served meanwhile');
    };
}


# LMDB gives up its environment where the meta page cannot be written: the first
# of these, or one of the next, where pages are written by the same call.

sub give_up
{
    my (@inject) = @_;

    trace('inject=pwrite64:error=EIO:when=1..3', @inject)
        or die('strace: ' . $t->read('strace.err'));
    is(outcome($device->register($port + 1)), '503 store-unavailable',
        'refused');
    recovers();
}


sub reopen_calls
{
    for (1 .. TRIES) {
        give_up();

        my @made = untrace();

        return @made if grep { $_ eq 'openat' } @made;
    }
}


sub reopen_fails
{
    my ($call, $error, $when) = @_;

    subtest "opening: $call: $error, $when" => sub {
        for (1 .. TRIES) {
            give_up("inject=$call:error=$error:when=$when");
            is(published(), $port, 'and published');
            untrace();

            return if injected($call);
        }

        fail("no opening makes $call");
    };
}


sub injected
{
    my ($call) = @_;

    return $t->read('strace.out')
        =~ /^$call\(.*\((?:INJECTED|DELAYED)\)$/m;
}


# Updates, until strace has done what it was told to: that one's reply.  What
# came before is acknowledged.

sub until_injected
{
    my ($call, $update) = @_;

    for (1 .. TRIES) {
        my $reply = $update->($port + 1);

        $port++ if $reply->{status} == 200;

        return $reply if injected($call);

        is(outcome($reply), '200', "no $call yet") if $reply->{status} != 200;
    }

    fail("no commit makes $call");

    return undef;
}


# Attaches to the thread; false where that is not allowed.  The calls that it
# makes, and what is injected, go to a file.

sub trace
{
    my (@expressions) = @_;

    unlink($t->path('strace.out'));
    defined($tracer = fork()) or die("fork: $!");

    if ($tracer == 0) {
        open(STDERR, '>', $t->path('strace.err'));
        exec($strace, '-o', $t->path('strace.out'),
            (map { ('-e', $_) } @expressions), '-p', $thread)
            or POSIX::_exit(127);
    }

    wait_until(sub { traced() || waitpid($tracer, POSIX::WNOHANG()) });

    return traced();
}


sub traced
{
    open(my $file, '<', "/proc/$worker/task/$thread/status") or return 0;

    my ($pid) = join('', <$file>) =~ /^TracerPid:\s+(\d+)/m;

    return $pid;
}


# Lets go; the names of the calls that may fail.

sub untrace
{
    my %calls;

    kill('INT', $tracer);
    waitpid($tracer, 0);

    $calls{$_}++ for $t->read('strace.out') =~ /^(\w+)\(/mg;

    return sort(grep { $_ !~ SPARED } keys(%calls));
}


sub recovers
{
    ok(wait_until(sub {
        $device->register($port + 1)->{status} == 200
    }), 'works again by itself') and $port++;
}


sub published
{
    my $answer = $t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV');

    return $answer =~ / srv 0 0 (\d+) / ? $1 : $answer;
}
