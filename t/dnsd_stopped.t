#!/usr/bin/perl

# dnsd is stopped (SIGSTOP) in the middle of a batch, with a snapshot in its
# hands, while a writer commits as fast as it can and clears the slots of dead
# readers; then it goes on.  Each value says in which round it was written, in
# two places: a page that was used again in between would show.
# LONG=n stops it for n seconds.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant DEVICES => 32;
use constant SECONDS => $ENV{LONG} // 2;

my $d = SrvRegistrar::Dnsd->new();
my $round = 0;

alarm(120 + 2 * SECONDS);
$d->allow_log(qr/^dnsd: store: stopped while reading/);
$ENV{STOP_FILE} = "$d->{dir}/stop";
$ENV{ASAN_OPTIONS} = join(':', $ENV{ASAN_OPTIONS} // (),
                          'verify_asan_link_order=0');
$d->{wrapper} = ['env', 'LD_PRELOAD=' . SrvRegistrar::Dnsd::BUILD
                 . '/t/stop.so'];

$d->fill($d->ZONE);
commit() for 1 .. 3;
$d->start('--threads', 1, '--rate-limit', 0);
is(newest(), $round, 'the newest round is served');


# Stopped, and cleared readers are only dead ones.

# Who takes a snapshot first may also be dnsd's own question to itself: then
# it is done once more.

my ($seen, $last, @rounds);

for (1 .. 5) {
    $seen = $round;

    my $socket = stop();

    $last = commits();
    kill('CONT', $d->{pid});
    @rounds = answers($socket);

    last if grep { $_ eq $seen } @rounds;
}

is(scalar(@rounds), DEVICES, 'each question of then is answered');
ok(scalar(grep { $_ eq $seen } @rounds), 'from the snapshot that it held');
is_deeply([grep { $_ ne $seen && $_ ne $round } @rounds], [],
    "... which is whole, $last rounds later");
ok($d->alive(), 'its slot was left to it');
is(newest(), $round, 'and the next answer is of the newest round');


# The slot is taken away, as by a tool that takes the process for dead.

my $socket = stop();

clear_slots($d->{pid});
commits();
kill('CONT', $d->{pid});

ok(wait_until(sub { !$d->alive() }), 'without its slot it does not go on');
is($d->{status}, 1, '... but ends');
like($d->log(), qr/stopped while reading, and the reader slot is gone/,
    '... and says why');
is(scalar(answers($socket)), 0, 'nothing of what it had read was sent');

$d->start('--threads', 1, '--rate-limit', 0);
is(newest(), $round, 'the next dnsd goes on');
is($d->stop(), 0, 'stopped');
done_testing();


# One commit: every device says in which round.

sub commit
{
    $round++;

    my $address = join('.', 10, $round >> 16, $round >> 8 & 255, $round & 255);
    my $text = "zone devices.example\n";

    for my $i (1 .. DEVICES) {
        $text .= "device dev$i\nset \@ A 60 +86400 $address\n"
            . sprintf("set \@ TXT 60 +86400 \"%s%s\"\n", $round, ' ' x ($i * 4));
    }

    $d->fill($text);
}


# For as long as it stays stopped; each writer clears dead readers first.

sub commits
{
    my ($end, $n) = (time() + SECONDS, 0);

    commit(), $n++ while time() < $end || $n < 20;

    return $n;
}


# Asks all devices at once of a dnsd that stops with the first snapshot.

sub stop
{
    my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}, Proto => 'udp') or die("socket: $!");

    # Stopped before, so that they are one batch.
    kill('STOP', $d->{pid});
    wait_until(sub { stopped() }) or die('not stopped');
    open(my $file, '>', $ENV{STOP_FILE}) or die("stop: $!");
    $socket->send($d->packet("dev$_.devices.example", 'TXT')->data())
        for 1 .. DEVICES;
    kill('CONT', $d->{pid});
    wait_until(sub { held() }) or die('no snapshot is held');
    wait_until(sub { stopped() }) or die('not stopped');
    unlink($ENV{STOP_FILE});

    return $socket;
}


# With all threads: one that goes on for a moment would answer what comes first.

sub stopped
{
    for my $stat (glob("/proc/$d->{pid}/task/*/stat")) {
        open(my $file, '<', $stat) or return 0;

        return 0 if (split(' ', <$file>))[2] ne 'T';
    }

    return 1;
}


# True where some reader has a snapshot.

sub held
{
    return `mdb_stat -r $d->{store}` =~ /^\s*$d->{pid}\s+\w+\s+\d+$/m;
}


# The rounds that came, each from a whole answer.

sub answers
{
    my ($socket) = @_;
    my @rounds;

    while (@rounds < DEVICES && IO::Select->new($socket)->can_read(
        $d->alive() ? 10 : 0))
    {
        defined($socket->recv(my $reply, 4096)) or last;

        my ($rr) = Net::DNS::Packet->new(\$reply)->answer;

        push(@rounds, $rr ? $rr->txtdata =~ s/ +$//r : 'none');
    }

    return @rounds;
}


# What both records of a device say, where they agree.

sub newest
{
    my ($a) = $d->query('dev7.devices.example', 'A')->answer;
    my ($txt) = $d->query('dev7.devices.example', 'TXT')->answer;
    my @octets = split(/\./, $a ? $a->address : '0.0.0.0');
    my $n = $octets[1] << 16 | $octets[2] << 8 | $octets[3];

    return $txt && $txt->txtdata =~ /^$n *$/ ? $n : "$n and something else";
}


# Each slot of the lock file: the transaction, 8 bytes, then the process.

sub clear_slots
{
    my ($pid) = @_;

    open(my $file, '+<:raw', "$d->{store}/lock.mdb") or die("lock.mdb: $!");

    my $bytes = do { local $/; <$file> };
    my $cleared = 0;

    for (my $at = 64; $at + 64 <= length($bytes); $at += 64) {
        next if unpack('x8 l', substr($bytes, $at, 64)) != $pid;
        seek($file, $at + 8, 0);
        print $file pack('l', 0);
        $cleared++;
    }

    close($file);
    die('no slot of it') if !$cleared;
}
