#!/usr/bin/perl

# Updates on streams of one HTTP/2 connection wait for one commit: all are
# answered when it has ended, and a connection that goes away meanwhile, with
# all its streams, harms nobody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX ();
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Signature qw(sign);

plan(skip_all => 'this curl has no HTTP/2')
    if `curl --version` !~ /\bHTTP2\b/;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(
    enroll  => SrvRegistrar::Load->enroll_slot(),
    server  => 'location = /status { stub_status; }',
    servers => SrvRegistrar::Configuration::HTTP2,
);
$t->start();

my $port = $t->{dns_port};
my $load = SrvRegistrar::Load->new($t, clients => 7, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };
my ($worker) = $t->workers();


subtest 'streams that wait' => sub {
    $disk->order('sync hold');

    my $socket = $first->send_register(5000);

    $disk->wait_held();

    my $curl = curl(5000);

    ok(waiting(), 'the streams wait');
    $disk->order('');
    is(outcome($t->{client}->reply($socket)), '200', 'the first is answered');
    waitpid($curl, 0);
    is(join('', sort split(/^/, $t->read('curl.out'))),
        "200 2 0\n" x $#devices . "200 2 1\n",
        'and all streams of the one connection are');
    is(ports(), join(' ', (5000) x @devices), 'all updates are there');
};

subtest 'streams that go away' => sub {
    $disk->order('sync hold');

    my $socket = $first->send_register(5001);

    $disk->wait_held();

    my $curl = curl(5001);

    ok(waiting(), 'the streams wait');
    kill('KILL', $curl);
    waitpid($curl, 0);
    is(outcome($first->show()), '200', 'the worker goes on');
    $disk->order('');
    is(outcome($t->{client}->reply($socket)), '200', 'the first is answered');
    ok(wait_until(sub { ports() eq join(' ', (5001) x @devices) }),
        'their updates are made');
    is(outcome($_->register(5002)), '200', 'the next works') for @devices;
};

is(join(' ', $t->workers()), $worker, 'the worker lives');

# A worker that leaves by itself says so where it has a connection left.
$t->stop_nginx('QUIT');

done_testing();


# PUTs of all devices but the first, as streams of one connection.

sub curl
{
    my ($number) = @_;

    my $url = "https://registrar.example:$port/v1/records";
    my $body = JSON::PP::encode_json(
        SrvRegistrar::Device::registration($number));
    my @args = ('curl', '-sS', '-Z', '-w');

    for my $device (@devices) {
        my @fields = sign(method => 'PUT', url => $url, body => $body,
            keyid => $device->keyid, key => $device->{key},
            created => $device->created());

        push(@args, '--next', '-sS', '-w') if @args > 4;
        push(@args, '%{http_code} %{http_version} %{num_connects}\n', '--http2', '--cacert',
            $t->path('server-ca.pem'), '--resolve',
            "registrar.example:$port:$t->{address}", '-o', '/dev/null',
            '-X', 'PUT', '--data-binary', $body);
        push(@args, '-H', join(': ', splice(@fields, 0, 2))) while @fields;
        push(@args, $url);
    }

    defined(my $pid = fork()) or die("fork: $!");

    if ($pid == 0) {
        open(STDOUT, '>', $t->path('curl.out'));
        open(STDERR, '>', $t->path('curl.err'));
        exec(@args) or POSIX::_exit(127);
    }

    return $pid;
}


# All streams' requests are with the worker, and the first device's, and the
# one that asks.

sub waiting
{
    return wait_until(sub {
        $t->request('GET', '/status')->{body} =~ /Writing: (\d+)/;
        $1 == @devices + 2
    });
}


sub ports
{
    return join(' ', map {
        $_->show()->{body} =~ /"0 0 (\d+) / ? $1 : 'none'
    } @devices);
}
