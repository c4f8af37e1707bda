#!/usr/bin/perl

# TCP (RFC 7766): messages in any pieces, several on a connection, a side
# that is closed early, and clients that take places without using them.

use strict;
use warnings;

use Errno;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE . join('', map {
    sprintf("set big TXT 60 +86400 \"%02d%s\"\n", $_, 'x' x 200)
} 1 .. 30));
$d->start('--threads', 1, '--tcp-idle', 4);


sub message
{
    my ($id, $name, $type) = @_;

    my $packet = $d->packet($name, $type);
    $packet->header->id($id);

    return pack('n/a*', $packet->data());
}


sub id
{
    my ($reply) = @_;

    return defined($reply) ? unpack('n', $reply) : 'none';
}


my $socket = $d->connect();
print $socket message(1, 'dev1.devices.example', 'A');
is(id($d->read_tcp($socket)), 1, 'a query');
print $socket message(2, 'nope.devices.example', 'A');
is(id($d->read_tcp($socket)), 2, 'another on the same connection');

print $socket map { message($_, 'dev1.devices.example', 'A') } 10 .. 59;
is(join(' ', map { id($d->read_tcp($socket)) } 10 .. 59),
   join(' ', 10 .. 59), 'fifty at once come back in order');

for my $byte (split(//, message(3, 'dev1.devices.example', 'A'))) {
    print $socket $byte;
    select(undef, undef, undef, 0.002);
}
is(id($d->read_tcp($socket)), 3, 'byte by byte');

print $socket message(4, 'dev1.devices.example', 'A'),
    substr(message(5, 'dev1.devices.example', 'A'), 0, 7);
is(id($d->read_tcp($socket)), 4, 'one and a half');
print $socket substr(message(5, 'dev1.devices.example', 'A'), 7),
    message(6, 'dev1.devices.example', 'A');
shutdown($socket, 1);
is(id($d->read_tcp($socket)), 5, 'the other half, and then no more');
is(id($d->read_tcp($socket)), 6, 'what was asked before is answered');
is($d->read_tcp($socket), undef, 'and then the connection ends');

my $reply = $d->query('big.dev1.devices.example', 'TXT', tcp => 1);
is(scalar($reply->answer), 30, 'an answer of 6 KB is whole');
is($reply->header->tc, 0, '... without TC');

is($d->query('devices.example', 'AXFR', tcp => 1)->header->rcode, 'REFUSED',
   'no transfers');

# A length of 65535, of which the question is a small part.

$socket = $d->connect();
my $large = SrvRegistrar::Dnsd::raw(id => 7, ar => 1,
    rest => SrvRegistrar::Dnsd::wire_name('dev1.devices.example')
    . pack('nn', 1, 1) . "\0" . pack('nnN', 41, 1232, 0));
my $rest = 65535 - length($large) - 2;
$large .= pack('n nn', $rest, 100, $rest - 4) . 'x' x ($rest - 4);
is(length($large), 65535, 'a message of 65535 bytes');
print $socket pack('n', 65535), $large;
is(id($d->read_tcp($socket)), 7, '... is answered');
print $socket message(8, 'dev1.devices.example', 'A');
is(id($d->read_tcp($socket)), 8, '... and so is the next');

# What is not a query ends its connection.

for my $case (['no message', "\0\0"], ['half a header', "\0\6abcdef"],
    ['a reply', pack('n/a*', SrvRegistrar::Dnsd::raw(flags => 0x8000))])
{
    my ($what, $bytes) = @$case;

    $socket = $d->connect();
    print $socket $bytes;
    is($d->read_tcp($socket), undef, "$what ends the connection");
}

# A client that asks and never reads is held by its own window; the others
# are served meanwhile, and its time runs out.

my $before = $d->counters()->{NOERROR};
my $greedy = $d->connect();
my $sent = 0;

$greedy->blocking(0);

while ($sent < 20_000 && IO::Select->new($greedy)->can_write(1)) {
    my $ask = message(9, 'big.dev1.devices.example', 'TXT');

    last if (syswrite($greedy, $ask) // 0) < length($ask);
    $sent++;
}

is($d->query('dev1.devices.example', 'A', tcp => 1)->header->rcode, 'NOERROR',
   'others are served meanwhile');
cmp_ok($d->counters()->{NOERROR} - $before, '<', $sent,
       'a client that does not read is not answered for ever');

# Idle ones harm nobody, and end in time.

my @idle = map { $d->connect() } 1 .. 300;
is($d->query('dev1.devices.example', 'A', tcp => 1)->header->rcode, 'NOERROR',
   'a newcomer is served among 300 idle ones');
is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
   'and UDP is');

my $start = time();
ok(SrvRegistrar::Process::wait_until(sub {
    !grep { !IO::Select->new($_)->can_read(0) } @idle
}), 'idle connections end');
cmp_ok(time() - $start, '<', 9, '... in time');
ok(SrvRegistrar::Process::wait_until(sub {
    my $n = sysread($greedy, my $bytes, 1_000_000);

    return defined($n) ? $n == 0 : !$!{EAGAIN};
}), 'the one that did not read is gone');

is($d->stop(), 0, 'stopped');

# Few descriptors mean few places, not a server that is stuck.

$d->{wrapper} = ['prlimit', '--nofile=48:48'];
unshift(@{ $d->{wrapper} }, 'setpriv', '--bounding-set', '-sys_resource')
    if $> == 0;                     # or root raises the hard limit itself
$d->allow_log(qr/--tcp-connections 1000: only/);
$d->start('--threads', 1, '--tcp-connections', 1000);
like($d->log(), qr/--tcp-connections\ 1000:\ only\ \d+,\ RLIMIT_NOFILE
                   \ has\ to\ be\ 1\d\d\d\ at\ least/x,
     'fewer places than asked for: told what it takes');
@idle = map { $d->connect() } 1 .. 60;
is($d->query('dev1.devices.example', 'A', tcp => 1)->header->rcode, 'NOERROR',
   'a newcomer is served where descriptors are few');
is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
   'and UDP is');
is($d->stop(), 0, 'stopped');
# The default is cut by them without being a fault: a line says to what.

$d->{wrapper}[-1] = '--nofile=2000:2000';
$d->start('--threads', 1);
like($d->log(), qr/^dnsd:\ tcp:\ 19\d\d\ connections\ at\ most,\ for\ 32768
                   \ RLIMIT_NOFILE\ has\ to\ be\ 32[89]\d\d$/mx,
     'the limit in force is told, and what is in its way');
is($d->stop(), 0, 'stopped');

$d->finish();
done_testing();
