#!/usr/bin/perl

# One TCP client with a thousand queries in its connection has its turn and no
# more: dnsd once answered all that a read brought, up to 256 KB, before it
# looked at UDP again, and some dozen such clients stopped all others.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;

use SrvRegistrar::Dnsd;

use constant QUERIES  => 1000;
use constant ATTEMPTS => 60;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 1);

my $query = $d->packet('dev1.devices.example', 'A')->data();
my $message = pack('n/a*', $query);
my $tcp = $d->connect();
my $udp = IO::Socket::INET->new(
    PeerAddr => $d->{address},
    PeerPort => $d->{port},
    Proto    => 'udp',
);

# All replies must find room in the kernel, or dnsd would have to wait.
setsockopt($tcp, SOL_SOCKET, SO_RCVBUF, 1024 * 1024);

print $tcp $message;
my $size = 2 + length($d->read_tcp($tcp));


# The number of replies that TCP had got when UDP got its one.  What dnsd sends
# between the two looks of this process counts too, and where the machine is
# busy that is all: hence the attempts, of which one is enough.

sub before_udp
{
    my $bytes = '';

    kill('STOP', $d->{pid});
    syswrite($tcp, $message x QUERIES) == QUERIES * length($message)
        or die('a short write');
    select(undef, undef, undef, 0.05);
    syswrite($udp, $query);
    kill('CONT', $d->{pid});

    IO::Select->new($udp)->can_read(20) or die('no reply');
    sysread($udp, my $reply, 512);

    $tcp->blocking(0);
    while (sysread($tcp, $bytes, 65536, length($bytes))) { }
    $tcp->blocking(1);

    my $replies = length($bytes) / $size;

    while (length($bytes) < QUERIES * $size) {
        sysread($tcp, $bytes, 65536, length($bytes)) or die('no more replies');
    }

    is(length($bytes), QUERIES * $size, 'all are answered in the end');

    return $replies;
}


my $least = QUERIES;

for my $attempt (1 .. ATTEMPTS) {
    my $replies = before_udp();

    $least = $replies if $replies < $least;
    last if $attempt >= 5 && $least < QUERIES / 2;
}

cmp_ok($least, '<', QUERIES / 2, 'UDP had its turn meanwhile');

done_testing();
