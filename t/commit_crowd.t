#!/usr/bin/perl

# A disk that stalls while thousands update: what the queue has no room for is
# refused at once, a request that waits costs little memory, and all of them
# are answered when the disk is back.  LONG=n is how many come at once; 10000
# needs so many descriptors.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar qw(outcome);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Signature qw(sign);

use constant CROWD => $ENV{LONG} // 1500;
use constant QUEUE => CROWD > 4096 ? 4096 : int(CROWD * 2 / 3);

# Of one device, so that `created` stays in the window.
use constant EACH  => 50;

# A request that waits, with its connection, KiB; the sanitizers' own is not
# ours.  In the long form thousands that are refused are still open by then.
use constant SHARE => CROWD > 4096 ? 40 : 28;

use constant WAIT  => SrvRegistrar::ASAN ? 120 : 60;         # s

my $files = CROWD + 500;

SrvRegistrar::run('prlimit', '--pid', $$, "--nofile=$files:");
plan(skip_all => "$files descriptors are not allowed")
    if (SrvRegistrar::run('sh', '-c', 'ulimit -n') + 0) < $files;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

# Without TLS, whose buffers are not ours.
$t->configure(
    connections => $files,
    http        => 'srv_registrar_queue ' . QUEUE . ';',
    enroll      => SrvRegistrar::Load->enroll_slot(),
    servers     => <<'END');
server {
    listen %%ADDRESS%%:%%DNS_PORT%% backlog=4096;
    server_name registrar.example;
    location = /v1/records { srv_registrar records; }
    location = /health { return 200 "ok"; }
}
END
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 1,
                                   devices => int(CROWD / EACH) + 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };
my ($worker) = $t->workers();
my @memory;

for my $round (1 .. 3) {
    $disk->order('sync hold');
    my @sockets = send_update($first, $round * 10000, time());
    $disk->wait_held();

    my $before = memory();
    my %waiting;

    for my $n (0 .. CROWD - 2) {
        my $socket = send_update($devices[$n / EACH], 2000 + $n,
            time() - 280 + $round * 60 + $n % EACH);

        $waiting{$socket} = $socket;
    }

    my $begin = time();
    my @refused = replies(\%waiting, CROWD - 1 - QUEUE);

    push(@memory, memory());

    my $share = ($memory[-1] - $before) / QUEUE;

    note(sprintf('%.1f KiB for each that waits', $share));
    is(scalar(@refused), CROWD - 1 - QUEUE, 'those without room');
    is(scalar(grep { outcome($_) eq '503 busy'
        && $_->{headers}{'retry-after'} =~ /^[1-5]$/ } @refused),
        scalar(@refused), 'are told to come back');
    is(get('/health')->{status}, 200, 'the worker is there for others');

    cmp_ok($share, '<', SHARE, 'who waits costs little')
        if $round == 1 && !SrvRegistrar::ASAN;

    $disk->order('');
    is(outcome($t->{client}->reply($sockets[0])), '200', 'the first');

    my %all;

    $all{outcome($_)}++ for replies(\%waiting, QUEUE);
    is_deeply(\%all, { 200 => QUEUE }, 'all that waited are answered');
    note(sprintf('%.1f s', time() - $begin));
}

cmp_ok($memory[2], '<', $memory[1] * 1.1, 'and nothing stays')
    if !SrvRegistrar::ASAN;
is(join(' ', $t->workers()), $worker, 'by the one worker');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub send_update
{
    my ($device, $port, $created) = @_;

    my $body = '{"services":[{"service":"_xmpp-server._tcp","port":' . $port
        . '}]}';
    my @fields = sign(method => 'PUT', body => $body, keyid => $device->keyid,
        url => "http://registrar.example:$t->{dns_port}/v1/records",
        key => $device->{key}, created => int($created));
    my @headers = (['Host', "registrar.example:$t->{dns_port}"]);

    push(@headers, [splice(@fields, 0, 2)]) while @fields;

    my $socket = plain();

    print $socket $t->{client}->bytes('PUT', '/v1/records', body => $body,
        headers => \@headers);

    return $socket;
}


sub plain
{
    return IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $t->{dns_port}) // die("connect: $!");
}


# The next n replies, of any of these connections, which are closed.

sub replies
{
    my ($sockets, $n) = @_;

    my $select = IO::Select->new(values(%$sockets));
    my $deadline = time() + WAIT;
    my @replies;

    while (@replies < $n && time() < $deadline) {
        for my $socket ($select->can_read(1)) {
            push(@replies, $t->{client}->reply($socket));
            $select->remove($socket);
            close(delete $sockets->{$socket});
        }
    }

    return @replies;
}


sub get
{
    my ($target) = @_;

    my $socket = plain();

    print $socket $t->{client}->bytes('GET', $target);

    return $t->{client}->reply($socket);
}


# KiB.

sub memory
{
    open(my $file, '<', "/proc/$worker/status") or die("status: $!");

    my ($kb) = join('', <$file>) =~ /^RssAnon:\s+(\d+)/m;

    return $kb;
}
