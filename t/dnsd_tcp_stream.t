#!/usr/bin/perl

# A TCP stream is cut anywhere: between any two bytes, and into pieces of any
# size.  However many queries it carries, each is answered once, with what it
# would have got alone, and by its ID, since the order is the server's affair
# (RFC 7766 6.2.1.1).

use strict;
use warnings;

use Errno;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;

use constant SEED => $ENV{SRV_SEED} // time() * 1000 % 1_000_000;

my $d = SrvRegistrar::Dnsd->new();

srand(SEED);
note('seed ' . SEED);

$d->fill($d->ZONE . $d->DEVICE . join('', map {
    sprintf("set big TXT 60 +86400 \"%02d%s\"\n", $_, 'x' x 200)
} 1 .. 30));
$d->start('--threads', 1);

my @questions = (
    ['dev1.devices.example', 'A'], ['big.dev1.devices.example', 'TXT'],
    ['nope.devices.example', 'A'], ['devices.example', 'SOA'],
    ['www.other.test', 'A'], ['www.devices.example', 'AAAA'],
    ['_xmpp-server._tcp.dev1.devices.example', 'SRV'],
);
my @bytes = map { $d->packet(@$_)->data() } @questions;
my @alone = map { rest($d->ask_tcp($_)) } @bytes;


sub message
{
    my ($id, $question) = @_;

    return pack('n/a*', pack('n', $id) . substr($bytes[$question], 2));
}


# A reply without its ID.

sub rest
{
    my ($reply) = @_;

    return defined($reply) ? substr($reply, 2) : 'none';
}


sub connect_fast
{
    my $socket = $d->connect();

    setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1) or die("nodelay: $!");

    return $socket;
}


# Two queries, cut in two at each byte.

my $two = message(1, 0) . message(2, 6);
my $cut = 0;

for my $at (1 .. length($two) - 1) {
    my $socket = connect_fast();

    syswrite($socket, substr($two, 0, $at));

    # what is whole is answered before the rest comes

    my %replies;

    if ($at >= length(message(1, 0))) {
        my $reply = $d->read_tcp($socket) // '';

        $replies{ unpack('n', $reply) } = rest($reply);
    }

    syswrite($socket, substr($two, $at));

    while (keys(%replies) < 2) {
        my $reply = $d->read_tcp($socket) // last;

        $replies{ unpack('n', $reply) } = rest($reply);
    }

    $cut++ if ($replies{1} // '') eq $alone[0]
        && ($replies{2} // '') eq $alone[6];
}

is($cut, length($two) - 1, 'two queries, cut at each of their bytes');


# Many, in pieces of any size.  The client reads while it writes: a server may
# wait for its answers to be taken.

for my $n (1, 10, 100, 400) {
    my @asked = map { int(rand(@questions)) } 1 .. $n;
    my $stream = join('', map { message($_, $asked[$_]) } 0 .. $n - 1);
    my $socket = connect_fast();
    my ($got, $sent) = ('', 0);
    my $select = IO::Select->new($socket);
    my $deadline = time() + 30;

    $socket->blocking(0);

    while (time() < $deadline) {
        my ($readable, $writable) = IO::Select->select($select,
            $sent < length($stream) ? $select : undef, undef, 1);

        if (@{ $writable // [] }) {
            $sent += syswrite($socket, substr($stream, $sent,
                1 + int(rand(3000)))) // 0;
            shutdown($socket, 1) if $sent == length($stream);
        }

        if (@{ $readable // [] }) {
            my $read = sysread($socket, $got, 65536, length($got));

            last if defined($read) && $read == 0;
        }
    }

    my %count;
    my $right = 0;

    for my $reply (unpack('(n/a*)*', $got)) {
        my $id = unpack('n', $reply);

        $count{$id}++;
        $right++ if $id < $n && rest($reply) eq $alone[ $asked[$id] ];
    }

    is($right, $n, "$n queries, then a half-closed connection");
    is(scalar(grep { $_ != 1 } values(%count)), 0, '... each once');
}


# What follows a good query may be the end of the connection, but not of the
# answer.

for my $case (['no bytes', ''], ['a length of 0', "\0\0"],
    ['half a length', "\0"], ['half a message', "\0\x20abc"],
    ['a reply', pack('n/a*', SrvRegistrar::Dnsd::raw(flags => 0x8000))],
    ['65535 bytes that are a reply', pack('n/a*', "\xff" x 65535)],
    ['65535 bytes, of which some come', "\xff\xff" . 'x' x 40000])
{
    my ($what, $tail) = @$case;
    my $socket = connect_fast();

    print $socket message(7, 0) . $tail;
    shutdown($socket, 1);

    my $reply = $d->read_tcp($socket);

    is(defined($reply) ? unpack('n', $reply) : 'none', 7,
       "a query, then $what: answered");
    is($d->read_tcp($socket), undef, '... and then the end');
}

# 65535 bytes that are no query, and a query behind them

for my $case (['zeros', "\0" x 65535, 1], ['an opcode', "\0\1\x78\0"
    . "\xff" x 65531, 4])
{
    my ($what, $bytes, $rcode) = @$case;
    my $socket = connect_fast();

    print $socket pack('n/a*', $bytes), message(8, 0);

    my $reply = $d->read_tcp($socket) // '';

    is(length($reply), 12, "65535 bytes of $what: a header");
    is(unpack('x3 C', $reply) & 15, $rcode, '... with the error');
    is(rest($d->read_tcp($socket)), $alone[0], '... and what is behind it');
}

# A client that resets its connection in the middle of things.

for (1 .. 20) {
    my $socket = connect_fast();

    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))
        or die("linger: $!");
    syswrite($socket, join('', map { message($_, 1) } 1 .. rand(30))
        . substr(message(1, 1), 0, rand(20)));
    close($socket);
}

is(rest($d->ask_tcp($bytes[0])), $alone[0], 'resets harm nobody else');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
