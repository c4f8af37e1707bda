#!/usr/bin/perl

# worker_shutdown_timeout cuts connections whose updates are being committed:
# nginx ends their requests early, and the commit that ends later must not
# touch what is gone.

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

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);
my $http2 = `curl --version` =~ /\bHTTP2\b/;

$t->configure(
    main    => 'worker_shutdown_timeout 1s;',
    enroll  => SrvRegistrar::Load->enroll_slot(),
    server  => 'location = /status { stub_status; }',
    servers => SrvRegistrar::Configuration::HTTP2,
);
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 3, devices => 1);

$load->enroll();

my ($first, $second, $stream) = @{ $load->{fleet} };

$disk->order('sync hold');

my @sockets = ($first->send_register(5000));

$disk->wait_held();
push(@sockets, $second->send_register(5000));

my $curl = $http2 ? curl($stream) : undef;

ok(wait_until(sub {
    $t->request('GET', '/status')->{body} =~ /Writing: (\d+)/;
    $1 == @sockets + ($curl ? 2 : 1)
}), 'one is being committed, others wait');

my ($old) = $t->workers();

ok($t->reload(), 'a reload');

# The timeout, and what nginx does then; it tells nobody.
sleep(2);
ok(grep({ $_ == $old } $t->workers()), 'the old worker waits for its commit');

$disk->order('');
is(join(' ', map { outcome($t->{client}->reply($_)) } @sockets),
    'no reply no reply', 'the connections were cut');

if ($curl) {
    waitpid($curl, 0);
    isnt($?, 0, 'that of a stream, too');
}

ok(wait_until(sub { !grep { $_ == $old } $t->workers() }),
    'the old worker leaves');
ok($t->wait_log(qr/worker process $old exited with code 0/),
    'by its own will');

is(join(' ', map { shown($_) } $first, $second), '5000 5000',
    'the updates are made');
is(shown($stream), 5000, 'that of the stream, too') if $curl;
is(outcome($_->register(5001)), '200', 'the next works')
    for @{ $load->{fleet} };

done_testing();


sub curl
{
    my ($device) = @_;

    my $url = "https://registrar.example:$t->{dns_port}/v1/records";
    my $body = JSON::PP::encode_json(
        SrvRegistrar::Device::registration(5000));
    my @fields = sign(method => 'PUT', url => $url, body => $body,
        keyid => $device->keyid, key => $device->{key},
        created => $device->created());
    my @args = ('curl', '-sS', '--http2', '--cacert',
        $t->path('server-ca.pem'), '--resolve',
        "registrar.example:$t->{dns_port}:$t->{address}", '-X', 'PUT',
        '--data-binary', $body);

    push(@args, '-H', join(': ', splice(@fields, 0, 2))) while @fields;

    defined(my $pid = fork()) or die("fork: $!");

    if ($pid == 0) {
        open(STDOUT, '>', $t->path('curl.out'));
        open(STDERR, '>&', \*STDOUT);
        exec(@args, $url) or POSIX::_exit(127);
    }

    return $pid;
}


sub shown
{
    my ($device) = @_;

    return $device->show()->{body} =~ /"0 0 (\d+) / ? $1 : 'none';
}
