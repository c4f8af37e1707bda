#!/usr/bin/perl

# More TCP connections than there is room for: who has most makes room, others
# and those who ask stay; the idle time shrinks as places run out, and is told
# (RFC 7828); nobody's crowd harms UDP.

use strict;
use warnings;

use Errno;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);

my $question = $d->packet('dev1.devices.example', 'A')->data();
my $message = pack('n/a*', $question);
my $size;                                # of an answer's message


sub from
{
    my ($host, $n) = @_;

    return map { $d->connect(LocalAddr => "127.0.0.$host") } 1 .. $n // 1;
}


# Asked something, and answered: dnsd knows it by now.

sub asks
{
    my ($socket) = @_;

    print $socket $message;

    my $reply = $d->read_tcp($socket) // return 0;

    return $reply ne '';
}


# How many of them dnsd has closed.

sub closed
{
    return scalar(grep {
        IO::Select->new($_)->can_read(0) && !sysread($_, my $byte, 1)
    } @_);
}


sub why
{
    my ($reason) = @_;

    return $d->stats()->{"dnsd_tcp_closed_total{reason=\"$reason\"}"} // 0;
}


# The idle time that an answer tells, in seconds.

sub told
{
    my ($socket) = @_;

    my $edns = substr($question, 0, 10) . pack('n', 1) . substr($question, 12)
        . "\0" . pack('nnNn', 41, 1232, 0, 4) . pack('nn', 11, 0);

    print $socket pack('n/a*', $edns);

    my $reply = $d->read_tcp($socket) // return undef;

    return $reply =~ /\0\x0b\0\x02(..)/s ? unpack('n', $1) / 10 : undef;
}


# A limit for each address.

$d->start('--threads', 1, '--tcp-connections-per-address', 4);

my @many = map { my ($one) = from(2); asks($one); $one } 1 .. 4;
my ($other) = from(3);
ok(asks($other), 'another address is served');
ok(asks($many[0]), 'so is who has all that it may have');
push(@many, map { my ($one) = from(2); asks($one); $one } 1 .. 2);
is(closed(@many[1, 2]), 2, 'one more takes the place of its own oldest');
is(closed(@many[0, 3, 4, 5], $other), 0, '... and of nobody else');
is(why('address'), 2, '... which is counted');
is($d->stop(), 0, 'stopped');

# Full.  The eight places that one address has beyond the few which anybody
# may have are the first to go, its oldest first.

$d->start('--threads', 1, '--tcp-connections', 32,
          '--tcp-connections-per-address', 32);

my @quiet = map { from($_, 1) } 10 .. 17;
ok(asks($_), 'a quiet client') for @quiet;
my @hoard = map { my ($one) = from(2); asks($one); $one } 1 .. 24;
is(closed(@hoard, @quiet), 0, '32 places');

my @new = map { from($_) } 20 .. 27;
ok(asks($_), 'a newcomer') for @new;
is(closed(@quiet), 0, 'who has few stays, however quiet');
is(closed(@hoard[0 .. 7]), 8, 'who has most makes room, the oldest first');
is(closed(@hoard[8 .. 23]), 0, '... one for each newcomer');
is(why('pressed'), 8, '... which is counted');

push(@hoard, grep { asks($_) } from(2, 4));
is(closed(@quiet, @new), 0, 'nor does it get any from others');
is(closed(@hoard[8 .. 11]), 4, '... but only its own');

# The fewer places, the shorter the time, for all.

my $short = told($quiet[0]);
cmp_ok($short, '<=', 1.5, 'a short time is told where all is full');
ok(wait_until(sub { why('idle') > 0 }, 6), 'connections end before their '
   . 'ten seconds are over');
close($_) for @hoard, @new;
ok(wait_until(sub {
    (told($quiet[0]) // 0) == 10
}), 'and with half of the places free it is ten seconds again');
is($d->stop(), 0, 'stopped');

# Nobody has many: the one that was answered longest ago makes room.

$d->start('--threads', 1, '--tcp-connections', 16);

my @few = map { my ($one) = from($_); asks($one); $one } 30 .. 45;
ok(asks($few[0]), 'the first asks again');
push(@few, from(46));
ok(asks($few[16]), 'a newcomer among many with one each');
is(closed(@few[0, 2 .. 15]), 0, 'who asked lately stays');
is(closed($few[1]), 1, '... the oldest goes');

# A connection that ends while another one takes its place: what epoll had
# still to say of the old one was once taken for the new one's.

for my $round (1 .. 5) {
    my @old = map { my ($one) = from($_); asks($one); $one } 50 .. 65;

    kill('STOP', $d->{pid});
    my @young = map { from($_) } 70 .. 77;

    for my $socket (@old) {
        setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
        close($socket);
    }

    kill('CONT', $d->{pid});
    is(scalar(grep { asks($_) } @young), 8, "newcomers live, round $round");
}

is($d->stop(), 0, 'stopped');

# A crowd: idle ones, some that send a byte now and then, some that never
# read, and some that announce far more than they send.

$d->start('--threads', 1, '--tcp-connections-per-address', 1000,
          '--tcp-connections', 1000);

my @idle = map { from(80 + $_ % 8) } 1 .. 400;
my @drip = map { from(90 + $_ % 8) } 1 .. 40;
my @large = map { from(100 + $_ % 8) } 1 .. 140;
my ($deaf) = from(99);

print $_ pack('n', 65535), 'x' x 1000 for @large;
ok(wait_until(sub { why('pressed') >= 12 }), 'large buffers are bounded');
is(closed(@large), 12, '... and the longest holders lose theirs');

$deaf->blocking(0);
syswrite($deaf, $message x 500) for 1 .. 20;

my ($worst, $answered) = (0, 0);

for my $i (1 .. 500) {
    my $start = time();

    for my $socket (@drip[0 .. 3]) {
        syswrite($socket, substr($message, $i % length($message), 1));
    }

    push(@drip, splice(@drip, 0, 4));
    $answered++ if defined($d->ask($question, 5));
    $worst = time() - $start if time() - $start > $worst;
}

is($answered, 500, 'UDP is served meanwhile');
cmp_ok($worst, '<', 4, '... at once');
ok(asks(from(110)), 'so is a newcomer by TCP');
is(closed(@idle), 0, 'and nobody lost a place for it');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
