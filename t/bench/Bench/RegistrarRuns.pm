package Bench::RegistrarRuns;

# What the registrar is asked, in turns, with one fleet.

use strict;
use warnings;

use File::Path qw(remove_tree);

use Bench::DnsServer;
use Bench::Fleet;
use Bench::Registrar;
use Bench::Table qw(median);
use SrvRegistrar::Process qw(free_port);

# Of the location that is asked beside updates, a second.
use constant BESIDE_RATE => 200;

# A rate of less tells nothing about a tail.
use constant TENTH_MIN => 20;

use constant ISSUER => qw(--issuer manufacturer.pem
    --issuer-key manufacturer.key);


# In the order of the table's rows: kind, what it is called, options of
# registrar_load.  `200` is the same request, to a location that returns 200.

use constant KINDS => (
    ['change',       'update',                 'change'],
    ['tenth',        'update, a tenth of it',  'change'],
    ['refresh',      'refresh',                'refresh'],
    ['return',       'return 200',             'change',  '200'],
    ['fresh',        'update, new connection', 'change',  '',    'fresh'],
    ['fresh_return', 'return 200, new connection', 'change', '200', 'fresh'],
    ['enroll',       'enrolment',              'enroll',  '',    'fresh'],
    ['enroll_return', 'return 200, certificate', 'enroll', '200', 'fresh'],
);


# build, data, dir, devices, options: as for Bench::DnsFleet.

sub measure
{
    my (%args) = @_;

    my $options = $args{options};
    my $dir = "$args{dir}/$args{devices}";
    my %server = (
        build    => $args{build},
        dir      => $dir,
        realtime => $options->{realtime},
        fleet    => Bench::Fleet->new(dir => $args{data},
            build => $args{build}, devices => $args{devices}),
    );
    my $registrar = Bench::Registrar->start(%server);
    my $dnsd = start_dnsd($registrar, %server);
    my $before = $registrar->metrics()->{srv_registrar_store_used_bytes};
    my %runs;

    for my $turn (1 .. $options->{runs}) {
        print(STDERR " $turn");

        for my $kind (KINDS) {
            push(@{ $runs{ $kind->[0] } },
                run($registrar, $options, \%runs, @$kind));
        }

        push(@{ $runs{beside} }, beside($registrar, $options, 0));
        push(@{ $runs{beside_loop} }, beside($registrar, $options, 1));
        push(@{ $runs{dns} }, $dnsd->load('--seconds', $options->{seconds}));
        push(@{ $runs{dns_beside} },
            dns_beside($registrar, $dnsd, $options));
    }

    my $after = $registrar->metrics()->{srv_registrar_store_used_bytes};

    $dnsd->stop();
    $registrar->stop();
    remove_tree("$dir/store") if !$options->{keep};

    return { devices => $args{devices}, runs => \%runs,
             bytes => [$before, $after] };
}


sub run
{
    my ($registrar, $options, $runs, $kind, undef, $mode, $return, $fresh)
        = @_;

    my @load = ('--mode', $mode, '--seconds', $options->{seconds});

    push(@load, '--path', '/200', '--any') if $return;
    push(@load, '--connections', $fresh ? $options->{handshakes}
        : $options->{connections});
    push(@load, '--fresh') if $fresh;

    push(@load, '--count', $options->{enrollments}, map { /\./
        ? "$registrar->{dir}/$_" : $_ } ISSUER) if $mode eq 'enroll';

    # The same devices once more: of the others the made-up address is new.

    if ($kind eq 'refresh') {
        my $change = $runs->{change}[-1];

        push(@load, '--seed', $change->{seed}, '--count',
            $change->{acknowledged});
    }

    if ($kind eq 'tenth') {
        my $rate = int(median(map { $_->{rate} } @{ $runs->{change} }) / 10);

        push(@load, '--rate', $rate > TENTH_MIN ? $rate : TENTH_MIN);
    }

    return $registrar->load(@load);
}


# A location that writes nothing, while updates keep the worker busy.  Who asks
# it comes first: its own wait for a processor is not what is looked at.

sub beside
{
    my ($registrar, $options, $loop) = @_;

    my $seconds = $options->{seconds};
    my $updates = begin_updates($registrar, $options);
    my $other = $registrar->begin('--mode', 'get', '--path', '/200', '--any',
        '--connections', 16, '--seconds', $seconds, '--rate', BESIDE_RATE);

    $registrar->hurry(1, $updates->{pid});
    $registrar->hurry_loop() if $loop;
    $registrar->hurry_other(2, $other->{pid});
    $registrar->go($updates);
    my $found = $registrar->end($other);

    $registrar->end($updates);
    $registrar->hurry(0);

    return $found;
}


# dnsd on the registrar's processor, asked for all that updates leave of both
# processors.

sub dns_beside
{
    my ($registrar, $dnsd, $options) = @_;

    my $updates = begin_updates($registrar, $options);

    $registrar->hurry(2, $updates->{pid});
    $registrar->go($updates);

    my $found = $dnsd->load('--seconds', $options->{seconds});

    $found->{updates} = $registrar->end($updates)->{rate};
    $registrar->hurry(0);

    return $found;
}


# For somewhat longer than what is measured beside them.

sub begin_updates
{
    my ($registrar, $options) = @_;

    return $registrar->begin('--seconds', $options->{seconds} * 1.2,
        '--connections', $options->{connections});
}


sub start_dnsd
{
    my ($registrar, %server) = @_;

    my $address = $registrar->{address};
    my $port = free_port($address);
    my $dir = "$server{dir}/dnsd";

    mkdir($dir);

    return Bench::DnsServer->start(%server,
        dir     => $dir,
        address => $address,
        port    => $port,
        options => [],
        spec    => {
            name    => 'dnsd',
            ours    => 1,
            command => sub {
                ("$server{build}/dnsd", '--threads', 1, '--rate-limit', 0,
                 '--store', $registrar->path('store'), '--listen',
                 "$address\@$port");
            },
        },
    );
}


1;
