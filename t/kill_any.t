#!/usr/bin/perl

# A worker, all of nginx or dnsd is killed (SIGKILL), one after another at any
# moment, while devices update: what was acknowledged is there, no signature
# counts twice, nobody waits long, and the store is whole at any time.
#
# LONG=10000 kills so many times, in half an hour; `make check-long` does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Pace;

use constant KILLS => $ENV{LONG} // 50;

# srvctl looks at the whole store so often.
use constant LOOK  => KILLS > 1000 ? 100 : 10;

# ms; a second, and what the machine takes for itself.
use constant LONGEST => SrvRegistrar::ASAN ? 5000 : 1000;

my $t = SrvRegistrar->new();

alarm(240 + 4 * KILLS);
$t->allow_log(qr/exited on signal 9/);

# A disk that takes its time, so that many die in the middle of a commit.
SrvRegistrar::Disk->new($t)->order('sync delay 3');
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 8, devices => 12,
                                   pause => 0.01, resend => 1);
my $question = $t->{dnsd}->packet("www.$t->{zone}", 'A')->data();

my $pace = SrvRegistrar::Pace->start($t);

$load->start();
$load->wait_acknowledged(50);

my $readers = $t->readers();
my %killed = (worker => 0, nginx => 0, dnsd => 0);
my ($silent, $damaged) = (0, '');

for my $kill (1 .. KILLS) {
    my $victim = victim($kill);
    my $before = -s $load->{journal};

    sleep(rand(0.08));
    $killed{$victim}++;

    if ($victim eq 'worker') {
        kill_worker();

    } elsif ($victim eq 'nginx') {
        kill_nginx();

    } else {
        $silent += kill_dnsd();
    }

    # Its size: to count what is in it would take ever longer.
    wait_until(sub { -s $load->{journal} > $before + 200 })
        or die("kill $kill, of $victim: nobody updates");

    next if $kill % LOOK;

    my $check = $t->store_check();

    $damaged .= "kill $kill: $check->{text}"
        if !defined($check->{damaged}) || $check->{damaged} != 0;
    note("$kill kills; ", -s $load->{journal}, ' bytes of journal')
        if $kill % 1000 == 0;
}

$load->wait_acknowledged($load->acknowledged() + 100);
$load->stop();

my $slow = $pace->stop();

note(join(', ', map { "$_ $killed{$_}" } sort(keys(%killed))), '; ',
    $load->summary(), "; the machine $slow ms");

is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('refused')], [], 'no update was refused');
isnt(scalar(my @replayed = $load->journal('replayed')), 0,
    'bytes were sent again');
is_deeply([$load->journal('twice')], [], 'and never accepted twice');
is($silent, 0, 'a dnsd that starts answers right');
is($damaged, '', 'the store was whole at any time');
cmp_ok($load->longest(), '<', LONGEST + $slow, 'nobody waited long');
is_deeply([$load->missing()], [], 'what was acknowledged is there');

cmp_ok($t->readers(), '<=', $readers + 4, 'no reader slot is left behind');

my $check = $t->store_check();

is($check->{damaged}, 0, 'no value is damaged') or diag($check->{text});
is($check->{devices}, 96, 'all devices are there');

done_testing();


# Each of them in the short form, too.

sub victim
{
    my ($kill) = @_;

    return (qw(worker nginx dnsd))[$kill % 3] if $kill <= 6;

    my $n = rand();

    return $n < 0.6 ? 'worker' : $n < 0.85 ? 'dnsd' : 'nginx';
}


# Just forked, one is not called a worker yet.

sub workers
{
    my @workers;

    wait_until(sub { (@workers = $t->workers()) == 2 })
        or die('no workers');

    return @workers;
}


sub kill_worker
{
    my @workers = workers();
    my $victim = $workers[rand(@workers)];

    kill('KILL', $victim);

    wait_until(sub {
        my @now = $t->workers();
        @now == 2 && !grep { $_ == $victim } @now;
    }) or die('no new worker');
}


# The master first: its workers go on without it for a moment.

sub kill_nginx
{
    my @workers = workers();

    $t->stop_nginx('KILL');
    wait_until(sub { !grep { -e "/proc/$_/exe" } @workers });
    $t->start();
}


# With questions in flight, so that some of the dead had a snapshot; 1 where
# the new one does not answer as it should.

sub kill_dnsd
{
    my $dnsd = $t->{dnsd};
    my $socket = IO::Socket::INET->new(PeerAddr => $dnsd->{address},
        PeerPort => $dnsd->{port}, Proto => 'udp') or die("socket: $!");

    $socket->send($question) for 1 .. 20;
    $dnsd->stop('KILL');
    $dnsd->start();

    my $reply = $dnsd->ask($question);

    return !defined($reply) || (unpack('x2 n', $reply) & 0x840f) != 0x8400;
}
