#!/usr/bin/perl

# The disk is slow: updates wait in a queue with an end, what waits is not
# lost, and reading goes on meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(workers => 1);

$t->configure(http => 'srv_registrar_queue 1;');
$t->start(dnsd => 1);

my $client = $t->{client};
my $device = $t->device('device');
my $other = $t->device('other');

$_->enroll() && $_->register(1) for $device, $other;


# Sends an update and does not wait for its reply.

sub send_register
{
    my ($of, $port) = @_;

    my $socket = $client->connect() or die($@);

    print $socket $of->signed_bytes('PUT', '/v1/records', { services => [
        { service => '_xmpp-server._tcp', port => $port }] });

    return $socket;
}


sub published
{
    return ($t->answers('_xmpp-server._tcp.' . $_[0]->fqdn, 'SRV') // '')
        =~ /srv 0 0 (\d+)/ ? $1 : 'none';
}


# store_fill takes the writer's lock before it reads, and keeps it until its
# text ends.

open(my $lock, '|-', SrvRegistrar::BUILD . '/t/store_fill',
    $t->path('store')) or die("store_fill: $!");
$lock->autoflush(1);
print $lock "# holds the lock\n";

use constant FIONREAD => 0x541b;           # of Linux, for pipes at either end

ok(wait_until(sub {
    my $unread = pack('i', 0);

    ioctl($lock, FIONREAD, $unread) or die("ioctl: $!");
    return unpack('i', $unread) == 0;
}), 'somebody else is writing');

my @waiting = (send_register($device, 2), send_register($other, 2));

is(outcome($device->show()), '200', 'reading goes on');

my $reply = $other->patch({}, sign => { created => time() + 10 });

is(outcome($reply), '503 busy', 'one in flight, one in the queue, one too many');
like($reply->{headers}{'retry-after'}, qr/^[1-5]$/, '... Retry-After');
is(outcome($device->enroll(keep => 0)), '503 busy', 'an enrolment as well');
is(outcome($device->show()), '200', 'reading still goes on');
is(published($device), 1, 'dnsd answers, with what is committed');
is(scalar(() = $t->read('access.log') =~ /"PUT /g), 2,
   'what waits is not acknowledged');

ok(close($lock), 'the writer ends');

for my $of ($device, $other) {
    is(outcome($client->reply(shift(@waiting))), '200', 'what waited is done');
    is(published($of), 2, '... and published');
    is(outcome($of->patch({})), '200', '... and there is room again');
}

done_testing();
